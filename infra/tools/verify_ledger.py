"""Proves a ledger's archive, and a seal, by infra/LEDGER.md alone: verify_ledger.py FOLDER [SEAL PUBLIC-KEY.pem]"""
import base64, collections, gzip, hashlib, itertools, json, pathlib, re, subprocess, sys, tempfile, zlib
from datetime import datetime, timedelta

FORMS = {"chain": "[0-9a-f]{32}", "hash": "[0-9a-f]{64}", "prev": "[0-9a-f]{64}", "root": "[0-9a-f]{64}"}

def canonical(value): return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
def sha256(data): return hashlib.sha256(data).digest()
def not_whole(text): raise ValueError(f"`{text[:40]}` is no whole number")

def whole(text):
    if re.fullmatch("0|-?[1-9][0-9]{0,18}", text): return int(text)
    not_whole(text)

def members(pairs):
    """An object; one that has a member twice is unreadable, since each reader may take another of the two."""
    found = dict(pairs)
    if len(found) < len(pairs): raise ValueError("a member is there twice")
    return found

def read(text):
    try: return json.loads(text.decode(), parse_int=whole, parse_float=not_whole, parse_constant=not_whole,
                           object_pairs_hook=members)
    except RecursionError: raise ValueError("it nests too deep") from None

def member(value, name, kind=str):
    """A member, of its type and form."""
    found = value.get(name) if isinstance(value, dict) else None
    if type(found) is not kind: raise ValueError(f"its `{name}` is no {kind.__name__}")
    if name in FORMS and not re.fullmatch(FORMS[name], found): raise ValueError(f"its `{name}` is none: {found[:80]!r}")
    return found

def time(value, name):
    found = datetime.fromisoformat(member(value, name))
    if found.tzinfo is None: raise ValueError(f"its `{name}` has no time zone")
    return found

def lines(file, faults):
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened: yield from enumerate(opened, 1)
    except (OSError, EOFError, zlib.error) as why: faults.append(f"{file}: {why!r}")

def read_entries(folder, faults):
    """By chain and place: prev, hash, kind and time of what stands there."""
    entries = collections.defaultdict(set)
    for file in sorted(pathlib.Path(folder).rglob("*.jsonl*")):
        for number, line in lines(file, faults):
            if not line.strip(): continue
            name = f"{file}:{number}:"
            try:
                entry = read(line)
                chain, seq = member(entry, "chain"), member(entry, "seq", int)
                name = f"{chain}-{seq}"
                prev, kind, at, claimed = member(entry, "prev"), member(entry, "kind"), time(entry, "at"), entry.pop("hash", None)
                if sha256(canonical(entry)).hex() != claimed: faults.append(f"{name} does not bear its hash: changed")
                if entry.get("decision_id") != name: faults.append(f"{name} bears the id of another place: reordered")
                if seq < 1: faults.append(f"{name} stands before the first place: added")
                else: entries[chain, seq].add((prev, str(claimed), kind, at))
            except ValueError as why: faults.append(f"{name} {why}: changed")
    return entries

def follow(entries, faults):
    for (chain, seq), versions in sorted(entries.items()):
        before = {hash for _, hash, *_ in entries.get((chain, seq - 1), ())} if seq != 1 else {"0" * 64}
        if not before: faults.append(f"{chain}-{seq - 1} is not there before {chain}-{seq}: removed")
        elif {prev for prev, *_ in versions} - before: faults.append(f"{chain}-{seq} follows another: added or reordered")
        if len(versions) > 1: faults.append(f"{chain}-{seq} is there in several versions: added")

def hold(entries, seal, key, faults):
    """Holds the entries against a seal."""
    oldest, root = time(seal, "from") - timedelta(0, 900), bytes.fromhex(member(seal, "root"))
    heads = [(member(head, "chain"), member(head, "seq", int), member(head, "hash"), head) for head in member(seal, "heads", list)]
    signature = base64.b64decode(member(seal, "signature"), validate=True)
    signed = {name: value for name, value in seal.items() if name not in ("heads", "signature")}
    with tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as by:
        message.write(canonical(signed)), message.flush(), by.write(signature), by.flush()
        openssl = f"openssl pkeyutl -verify -rawin -in {message.name} -sigfile {by.name} -pubin -inkey".split()
        if subprocess.run([*openssl, key], capture_output=True).returncode: faults.append("the seal: signature")
    row = [sha256(b"\0" + canonical(head)) for *_, head in sorted(heads, key=lambda head: head[0])]
    while len(row) > 1: row = [sha256(b"\1" + l + r) if r else l for l, r in itertools.zip_longest(row[::2], row[1::2])]
    if row != [root]: faults.append("the seal: its heads are not those that were signed")
    for chain, seq, hash, _ in heads:
        if hash not in [hash for _, hash, *_ in entries.get((chain, seq), ())]:
            faults.append(f"{chain}-{seq} was sealed, and is not there: cut, removed or rewritten")
    ends = {chain: seq for chain, seq, *_ in heads}
    for (chain, seq), versions in entries.items():
        times = [at for _, _, kind, at in versions if kind != "completion"]
        if seq > ends.get(chain, 0) and min(times, default=oldest) < oldest: faults.append(f"{chain}-{seq}: backdated")

def verify(folder, seal=None, key=None):
    """How many entries there are, and every fault, each with the entry's id, or with its file and line."""
    faults = []
    entries = read_entries(folder, faults)
    follow(entries, faults)
    if seal:
        try: hold(entries, read(pathlib.Path(seal).read_bytes()), key, faults)
        except (ValueError, OSError) as why: faults.append(f"the seal {seal}: {why}")
    return len(entries), faults

if __name__ == "__main__":
    count, faults = verify(*sys.argv[1:])
    print("\n".join(faults) or f"{count} entries hold"), sys.exit(bool(faults or not count))
