"""Proves a ledger's archive by the documented rule alone: verify_ledger.py FOLDER [SEAL PUBLIC_KEY.pem]"""
import base64, datetime as dt, gzip, hashlib, json, pathlib, subprocess, sys, tempfile
canon = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
sha = lambda data: hashlib.sha256(data).digest()
time = lambda text: dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
without = lambda value, *names: {name: rest for name, rest in value.items() if name not in names}
lines = lambda file: (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8")
def whole(number): raise ValueError(f"{number} is no whole number")
def root(leaves):  # RFC 6962, 2.1
    if len(leaves) < 2: return leaves[0] if leaves else sha(b"")
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1" + root(leaves[:half]) + root(leaves[half:]))

chains, faults = {}, []
for file in sorted(file for file in pathlib.Path(sys.argv[1]).rglob("*.jsonl*") if file.is_file()):
    for line in filter(str.strip, lines(file)):
        entry = json.loads(line, parse_float=whole)
        name = f"{entry['chain']}-{entry['seq']}"
        if entry["decision_id"] != name: faults.append(f"{name} was reordered: it says {entry['decision_id']}")
        elif sha(canon(without(entry, "hash"))).hex() != entry["hash"]: faults.append(f"{name} was changed")
        if chains.setdefault(entry["chain"], {}).setdefault(entry["seq"], entry) != entry: faults.append(f"{name} was added")
for chain, entries in chains.items():
    before, places = "0" * 64, range(1, max(entries) + 1)
    for seq in places:
        if seq not in entries: faults.append(f"{chain}-{seq} was removed"); break
        if entries[seq]["prev"] != before: faults.append(f"{chain}-{seq} was added, or the one before it removed"); break
        before = entries[seq]["hash"]
if sys.argv[2:]:
    seal = json.loads(pathlib.Path(sys.argv[2]).read_text())
    heads = {head["chain"]: head for head in seal["heads"]}
    if root([sha(b"\0" + canon(heads[chain])) for chain in sorted(heads)]).hex() != seal["root"]: faults.append("the seal's heads were changed")
    with tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as signature:
        message.write(canon(without(seal, "heads", "signature"))), signature.write(base64.b64decode(seal["signature"])), message.flush(), signature.flush()
        if subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", "-inkey", sys.argv[3], "-in", message.name, "-sigfile", signature.name], capture_output=True).returncode: faults.append("this key did not sign the seal")
    for chain, head in heads.items():
        if chains.get(chain, {}).get(head["seq"], {}).get("hash") != head["hash"]: faults.append(f"{chain}-{head['seq']} was cut off or rewritten: it is sealed")
    late = time(seal["from"]) - dt.timedelta(seconds=900)
    faults += [f"{chain}-{seq} was forged: it says {entry['at']}" for chain, entries in chains.items() for seq, entry in entries.items() if seq > heads.get(chain, {"seq": 0})["seq"] and entry["kind"] != "completion" and time(entry["at"]) < late]
print("\n".join(faults) or f"{sum(map(len, chains.values()))} entries in {len(chains)} chains are whole")
sys.exit(bool(faults) or not chains)
