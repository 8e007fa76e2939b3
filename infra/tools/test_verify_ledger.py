"""Whatever is done to a ledger's archive is named by the entry or by its file and line, and no JSON ends the script."""

import gzip
import json
import random
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import verify_ledger
from verify_ledger import canonical, sha256

CHAIN = "a" * 32

# How many changes are tried, and of what they are drawn.
CHANGES = 3000
SEED = 20261130
VALUES = [None, True, False, 0, 1, -1, 2**63, 1.5, 1e300, "", "1", "\ud800", "0" * 64, [], {}, [1], {"a": 1}]


def sealed(entry):
    return {**entry, "hash": sha256(canonical(entry)).hex()}


def chain(length=3):
    entries, prev = [], "0" * 64
    for seq in range(1, length + 1):
        entry = {
            "at": f"2026-11-22T12:00:{seq:02}.250Z", "chain": CHAIN, "decision_id": f"{CHAIN}-{seq}", "kind": "invocation",
            "facts": {"end_uses": ["research é\n\u0001"], "users": "none"}, "outcome": "permit", "prev": prev, "seq": seq,
            "reasons": [{"code": "embargo.party", "citation": "15 CFR 744"}], "status": 200,
        }
        entries.append(sealed(entry))
        prev = entries[-1]["hash"]
    return entries


def line(entry):
    return json.dumps(entry).encode()


class Archives(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def verified(self, lines, **sealed_by):
        (self.folder / "batch.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        return verify_ledger.verify(self.folder, **sealed_by)

    def test_a_whole_chain_holds(self):
        lines = [line(entry) for entry in chain()]
        self.assertEqual(self.verified([lines[2], b"", *lines, b"  "]), (3, []))

    def test_a_line_that_is_no_entry_is_named(self):
        first, second, third = map(line, chain())
        twice = second.replace(b'"outcome": "permit"', b'"outcome": "refuse", "outcome": "permit"')
        within = second.replace(b'"users": "none"', b'"users": "asserted", "users": "none"')
        table = [
            (twice, "a member is there twice"),
            (within, "a member is there twice"),
            (second.replace(b'"seq": 2', b'"seq": "2"'), "its `seq` is no int"),
            (second.replace(b'"seq": 2', b'"seq": true'), "its `seq` is no int"),
            (second.replace(b'"seq": 2', b'"seq": 2.0'), "`2.0` is no whole number"),
            (second.replace(b'"status": 200', b'"status": -0'), "`-0` is no whole number"),
            (second.replace(b'"status": 200', b'"status": NaN'), "`NaN` is no whole number"),
            (second.replace(b'"status": 200', b'"status": ' + b"9" * 5000), "is no whole number"),
            (second.replace(f'"{CHAIN}"'.encode(), b'["x"]'), "its `chain` is no str"),
            (second.replace(f'"{CHAIN}"'.encode(), b'"x"'), "its `chain` is none"),
            (second.replace(b"2026-11-22T12:00:02.250Z", b"2026-11-22T12:00:02"), "its `at` has no time zone"),
            (second.replace(b"2026-11-22T12:00:02.250Z", b"yesterday"), "yesterday"),
            (b"[" * 200_000, "it nests too deep"),
            (b'{"a":' * 200_000, "it nests too deep"),
            (b'"text"', "its `chain` is no str"),
            (b"null", "its `chain` is no str"),
            (b"{", "Expecting"),
            (b"\xff", "decode"),
            ('{"a": 1}'.encode("utf-16"), "decode"),
            (second.replace(b"research", b"\\ud800"), "surrogates"),
        ]
        for changed, says in table:
            count, faults = self.verified([first, changed, third])
            named = [fault for fault in faults if says in fault]
            self.assertTrue(named, (changed[:80], faults))
            self.assertRegex(named[0], rf"^({CHAIN}-2|{self.folder}/batch.jsonl:2:) ")
            self.assertIn(f"{CHAIN}-2 is not there before {CHAIN}-3: removed", faults)
            self.assertEqual(count, 2)

    def test_a_file_that_cannot_be_read_is_named(self):
        whole = gzip.compress(line(chain()[0]))
        for content in [whole[:-9], whole[:20], b"no gzip", whole[:-8] + b"\0" * 8]:
            (self.folder / "batch.jsonl.gz").write_bytes(content)
            _, faults = verify_ledger.verify(self.folder)
            self.assertTrue(any(fault.startswith(f"{self.folder}/batch.jsonl.gz: ") for fault in faults), faults)

    def test_no_change_goes_unnoticed_and_none_ends_the_script(self):
        chance = random.Random(SEED)
        entries = chain()
        for number in range(CHANGES):
            lines = [line(entry) for entry in entries]
            place = chance.randrange(3)
            lines[place] = changed(chance, lines[place])
            _, faults = self.verified(lines)
            if meaning(lines[place]) == canonical(entries[place]):
                self.assertEqual(faults, [], (number, lines[place]))
            elif lines[place].strip() or place < 2:
                # A line that was emptied is an entry that was taken away, which a seal alone finds at a chain's end.
                self.assertTrue(faults, (number, lines[place]))
                for fault in faults:
                    self.assertRegex(fault, rf"^([0-9a-f]{{32}}--?\d+|{self.folder}/batch.jsonl:\d+:) ", (number, faults))

    @unittest.skipUnless(shutil.which("openssl"), "seals are verified by openssl")
    def test_no_change_of_a_seal_goes_unnoticed_and_none_ends_the_script(self):
        chance = random.Random(SEED)
        key, public, seal = (self.folder / name for name in ("key.pem", "public.pem", "seal.json"))
        openssl = lambda *words: subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
        openssl("genpkey", "-algorithm", "ed25519", "-out", key)
        openssl("pkey", "-in", key, "-pubout", "-out", public)
        entries = chain()
        head = {name: entries[-1][name] for name in ("chain", "hash", "seq")}
        signed = {"algorithm": "Ed25519", "at": "2026-11-22T13:00:01.000Z", "entries": 3, "format": 1,
                  "from": "2026-11-22T13:00:00.000Z", "root": sha256(b"\0" + canonical(head)).hex()}
        message, signature = self.folder / "message", self.folder / "signature"
        message.write_bytes(canonical(signed))
        openssl("pkeyutl", "-sign", "-rawin", "-in", message, "-inkey", key, "-out", signature)
        document = {**signed, "heads": [head],
                    "signature": verify_ledger.base64.b64encode(signature.read_bytes()).decode()}
        lines = [line(entry) for entry in entries]
        seal.write_bytes(line(document))
        self.assertEqual(self.verified(lines, seal=seal, key=public), (3, []))
        for number in range(100):
            content = changed(chance, line(document))
            seal.write_bytes(content)
            _, faults = self.verified(lines, seal=seal, key=public)
            self.assertEqual(bool(faults), meaning(content) != canonical(document), (number, content, faults))


def changed(chance, text):
    """The text with one small change: of its bytes, of a value, or of a member that is said again."""
    how = chance.randrange(3)
    if how == 0:
        at = chance.randrange(len(text))
        new = bytes([chance.randrange(256)]) * chance.randrange(2)
        return (text[:at] + new + text[at + chance.randrange(2):]).replace(b"\n", b" ")
    if how == 1:
        value = json.loads(text)
        within = value
        while True:
            name = chance.choice(list(within) if isinstance(within, dict) else range(len(within)))
            if not isinstance(within[name], (dict, list)) or not within[name] or chance.randrange(2):
                within[name] = chance.choice(VALUES)
                return line(value)
            within = within[name]
    name, value = chance.choice(list(json.loads(text).items()))
    return text[:-1] + b", " + line({name: chance.choice([*VALUES, value])})[1:]


def meaning(text):
    """What a line says to every reader, as canonical JSON; `None` where that is not one thing."""
    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        return canonical(json.loads(text.decode(), object_pairs_hook=once))
    except (ValueError, RecursionError):
        return None


if __name__ == "__main__":
    unittest.main()
