#!/usr/bin/env bash
# Replays June 2026 on the running local stack with gatectl: the state before, the letter as a draft and in force, the
# exemption of 100 organisations, the lifting, and the report. Checks every answer of the gate.
#
#   make run MODEL=none                                  in one terminal
#   source .local/environment; infra/local/june.sh       in another
set -euo pipefail

: "${GATE_URL:?start the stack with make run, then: source .local/environment}"
gatectl=${GATECTL:-$(command -v gatectl || true)}
: "${gatectl:?run make gatectl, then: source .local/environment}"

folder=${JUNE_FOLDER:-$(mktemp -d)}
mkdir -p "$folder/partners"
run=$(date -u +%Y%m%dT%H%M%SZ)
letter=letter-$run exemption=exemption-$run
began=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
attribution=(--by sample-officer --yes)

do_() { # prints a gatectl command, then runs it
	printf '\n$ gatectl'; printf ' %q' "$@"; echo
	"$gatectl" "$@"
}

# ask STATUS CLIENT PERSON MODEL: sends a request and checks its status.
ask() {
	local expected=$1 client=$2 person=$3 model=$4 token status
	token=$(printf '{"client_id":"%s"}' "$client" | base64 | tr -d '\n')
	local headers=(-H "Authorization: Bearer $token" -H 'Local-Source-Address: 12.0.0.1' -H 'Content-Type: application/json')
	if [ "$person" != - ]; then headers+=(-H "End-User: $person"); fi
	status=$(curl -sS -o "$folder/answer" -w '%{http_code}' "${headers[@]}" -d '{"prompt":"Hello"}' \
		"$GATE_URL/v1/models/$model/invocations")
	printf '  %s  %-26s %-32s %s\n' "$status" "$client" "$person" "$model"
	if [ "$status" != "$expected" ]; then
		echo "expected status $expected, got $status (rm -r .local, with the stack stopped, restores the samples):" >&2
		cat "$folder/answer" >&2; exit 1
	fi
}

# ask_all US FOREIGN PARTNER_FABLE PARTNER_MYTHOS: the expected statuses.
ask_all() {
	local model
	for model in fable-5 mythos-5; do
		ask "$1" sample-us-app sample-us-citizen "$model"
		ask "$1" sample-us-app sample-us-permanent-resident "$model"
		ask "$2" sample-us-app sample-foreign-employee "$model"
		ask "$2" sample-provider-app sample-provider-foreign-employee "$model"
		ask "$2" sample-foreign-service - "$model"
	done
	for number in 001 050 100; do
		ask "$3" "sample-partner-$number-service" - fable-5
		ask "$4" "sample-partner-$number-service" - mythos-5
	done
	ask 200 sample-foreign-service - opus-4-8
}

echo '# Add 100 foreign partners, each with a client, from files.'
: >"$folder/partners.txt"
for number in $(seq -f %03g 1 100); do
	echo "sample-partner-$number" >>"$folder/partners.txt"
	cat >"$folder/partners/$number.yaml" <<-YAML
		id: organisation#sample-partner-$number
		name: Sample Partner $number
		type: company
		incorporated_in: DE
		headquartered_in: DE
		end_uses: [research]
		status: active
		verification: {status: verified, until: "9999-01-01T00:00:00Z", method: sample}
		---
		id: client#sample-partner-$number-service
		organisation: sample-partner-$number
		status: active
		users: none
	YAML
done
do_ register apply "$folder/partners" "${attribution[@]}" --why 'sample partners' 2>"$folder/plan"
tail -n 1 "$folder/plan"
if [ "$("$gatectl" embargo list --json | grep -c '"operator-policy-1"')" != 0 ]; then
	do_ embargo end operator-policy-1 "${attribution[@]}" --why 'not in force before June 2026'
fi
ask_all 200 200 200 200

printf '\n# 12 June: the letter, first as a draft.\n'
cat >"$folder/letter.yaml" <<-YAML
	kind: embargo
	id: $letter
	models: [fable-5, mythos-5]
	applies_to: {foreign_persons: true}
	effect: licence_required
	authority: BIS
	citation: 15 CFR 744.22(b)
YAML
do_ simulate --with "$folder/letter.yaml" --since "$began"

do_ embargo issue "$letter" --model fable-5 --model mythos-5 --foreign-persons --effect licence-required \
	--authority BIS --citation '15 CFR 744.22(b)' "${attribution[@]}" --why 'letter of 12 June 2026'
ask_all 200 451 451 451

printf '\n# 26 June: an exemption for 100 organisations and their foreign employees to use mythos-5.\n'
do_ licence grant "$exemption" --authority BIS --reference 'exemption of 26 June 2026' --type exemption \
	--model mythos-5 --licensees-from "$folder/partners.txt" --persons any --embargo "$letter" \
	"${attribution[@]}" --why 'exemption of 26 June 2026' 2>"$folder/exemption"
ask_all 200 451 451 200

printf '\n# 30 June: the letter is lifted.\n'
do_ embargo end "$letter" "${attribution[@]}" --why 'lifted on 30 June 2026'
do_ licence revoke "$exemption" "${attribution[@]}" --why 'lifted on 30 June 2026' 2>/dev/null
ask_all 200 200 200 200

printf '\n# Evidence for an auditor.\n'
do_ ledger verify
do_ replay --all --since "$began"
ended=$(date -u -d '+1 second' +%Y-%m-%dT%H:%M:%S.000Z 2>/dev/null || date -u -v+1S +%Y-%m-%dT%H:%M:%S.000Z)
do_ report --from "$began" --to "$ended" --out "$folder/report.html" --csv "$folder/csv"
echo; grep -e '^embargo' -e "^$letter" "$folder/csv/directives.csv"

printf '\n# The samples as they were: the policy that ended above.\n'
do_ embargo issue operator-policy-1 --replace --model mythos-5 --foreign-persons --effect licence-required \
	--authority OPERATOR --citation 'Sample operator policy 1' "${attribution[@]}" --why 'after June 2026'
ask 451 sample-us-app sample-foreign-employee mythos-5
