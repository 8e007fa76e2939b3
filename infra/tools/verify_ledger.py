"""Proves a ledger's archive, and a seal, by infra/LEDGER.md alone: verify_ledger.py FOLDER [SEAL PUBLIC-KEY.pem]"""
import base64, collections, gzip, hashlib, itertools, json, pathlib, subprocess, sys, tempfile
from datetime import datetime, timedelta
def canonical(value): return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
def sha256(data): return hashlib.sha256(data).digest()
def not_whole(text): raise ValueError(f"`{text}` is no whole number")
folder, *sealed = sys.argv[1:]
faults, entries = [], collections.defaultdict(set)  # by chain and place: prev, hash, kind and time of what stands there
for file in sorted(pathlib.Path(folder).rglob("*.jsonl*")):
    for number, line in enumerate(gzip.open(file) if file.suffix == ".gz" else file.open("rb"), 1):
        try:
            entry = json.loads(line, parse_float=not_whole, parse_constant=not_whole)
            claimed, name = entry.pop("hash", None), f"{entry['chain']}-{entry['seq']}"
            if sha256(canonical(entry)).hex() != claimed: faults.append(f"{name} does not bear its hash: changed")
            if entry["decision_id"] != name: faults.append(f"{name} bears the id of another place: reordered")
            entries[entry["chain"], entry["seq"]].add((entry["prev"], claimed, entry["kind"], entry["at"]))
        except (ValueError, LookupError, TypeError, AttributeError) as why: faults.append(f"{file}:{number}: {why!r}")
for (chain, seq), versions in sorted(entries.items()):
    before = {hash for _, hash, *_ in entries.get((chain, seq - 1), ())} if seq != 1 else {"0" * 64}
    if not before: faults.append(f"{chain}-{seq - 1} is not there before {chain}-{seq}: removed")
    elif {prev for prev, *_ in versions} - before: faults.append(f"{chain}-{seq} follows another: added or reordered")
    if len(versions) > 1: faults.append(f"{chain}-{seq} is there in several versions: added")
if sealed:
    seal = json.loads(pathlib.Path(sealed[0]).read_text())
    heads, signature = seal.pop("heads"), base64.b64decode(seal.pop("signature"))
    with tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as by:
        message.write(canonical(seal)), message.flush(), by.write(signature), by.flush()
        openssl = f"openssl pkeyutl -verify -rawin -in {message.name} -sigfile {by.name} -pubin -inkey".split()
        if subprocess.run([*openssl, sealed[1]], capture_output=True).returncode: faults.append("the seal: signature")
    row = [sha256(b"\0" + canonical(head)) for head in sorted(heads, key=lambda head: head["chain"])]
    while len(row) > 1: row = [sha256(b"\1" + l + r) if r else l for l, r in itertools.zip_longest(row[::2], row[1::2])]
    if row != [bytes.fromhex(seal["root"])]: faults.append("the seal: its heads are not those that were signed")
    for chain, seq, hash in ((head["chain"], head["seq"], head["hash"]) for head in heads):
        if hash not in [hash for _, hash, *_ in entries.get((chain, seq), ())]:
            faults.append(f"{chain}-{seq} was sealed, and is not there: cut, removed or rewritten")
    ends, oldest = {one["chain"]: one["seq"] for one in heads}, datetime.fromisoformat(seal["from"]) - timedelta(0, 900)
    for (chain, seq), versions in entries.items():
        times = [datetime.fromisoformat(at) for _, _, kind, at in versions if kind != "completion"]
        if seq > ends.get(chain, 0) and min(times, default=oldest) < oldest: faults.append(f"{chain}-{seq}: backdated")
print("\n".join(faults) or f"{len(entries)} entries hold"), sys.exit(bool(faults or not entries))
