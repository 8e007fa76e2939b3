"""Packages that Lambda cannot run, and their faults."""

import struct
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

import check_zip

# The machine's own Python: a program that needs the machine's own C library.
PROGRAM = Path(sys.executable).resolve().read_bytes()
OWN = next(arch for arch, machine in check_zip.MACHINES.items() if machine == struct.unpack_from("<H", PROGRAM, 0x12)[0])
OTHER = next(arch for arch in check_zip.MACHINES if arch != OWN)


class Packages(unittest.TestCase):
    def check(self, content=PROGRAM, name="bootstrap", mode=0o755, arch=OWN, budget=0):
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder, "bootstrap.zip")
            with zipfile.ZipFile(package, "w") as archive:
                info = zipfile.ZipInfo(name)
                info.external_attr = mode << 16
                archive.writestr(info, content)
            return check_zip.faults(package, arch, budget)

    def test_every_fault_is_reported(self):
        table = [
            ({"name": "gate"}, "has no `bootstrap`"),
            ({"content": b"#!/bin/sh\n"}, "has no 64-bit Linux program"),
            ({"mode": 0o644}, "is not executable"),
            ({"arch": OTHER}, f"for another architecture than {OTHER}"),
            ({"budget": 1000}, "over its budget of 1,000"),
        ]
        for change, sentence in table:
            with self.subTest(change=list(change)):
                wrong, _ = self.check(**change)
                self.assertTrue(any(sentence in one for one in wrong), wrong)

    def test_a_library_newer_than_amazon_linux_has_is_refused(self):
        newest = max(check_zip.glibc(PROGRAM))
        self.assertGreater(newest, (2, 1))
        for has, refused in [(newest, False), ((2, 0), True)]:
            before, check_zip.AMAZON_LINUX_2023 = check_zip.AMAZON_LINUX_2023, has
            try:
                wrong, line = self.check()
            finally:
                check_zip.AMAZON_LINUX_2023 = before
            self.assertEqual(any("needs GLIBC_" in one for one in wrong), refused, wrong)
            self.assertIn(f"newest symbol GLIBC_{newest[0]}.{newest[1]}", line)


if __name__ == "__main__":
    unittest.main()
