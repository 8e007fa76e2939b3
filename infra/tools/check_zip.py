#!/usr/bin/env python3
"""Checks that Lambda can run a function's package.

    check_zip.py --arch arm64|x86_64 [--budget BYTES] ZIP ...

Prints each package's size, its share of the budget, and the newest C library symbol that it needs. A package fails over its
budget, for another architecture, or with a C library newer than that of Amazon Linux 2023 (2.34).
"""

import argparse
import struct
import sys
import zipfile
from pathlib import Path

AMAZON_LINUX_2023 = (2, 34)
MACHINES = {"x86_64": 62, "arm64": 183}  # e_machine, from the ELF specification
SHT_GNU_VERNEED = 0x6FFFFFFE


def sections(elf):
    """Type, link, offset and size of each section of a 64-bit little-endian ELF file."""
    (start,) = struct.unpack_from("<Q", elf, 0x28)
    size, count = struct.unpack_from("<HH", elf, 0x3A)
    for number in range(count):
        _, kind, _, _, place, length, link = struct.unpack_from("<IIQQQQI", elf, start + number * size)
        yield kind, link, place, length


def text(elf, place):
    return elf[place : elf.index(b"\0", place)].decode()


def glibc(elf):
    """The versions of the needed C library symbols, as pairs of numbers."""
    found = set()
    all_sections = list(sections(elf))
    for kind, link, place, _ in all_sections:
        if kind != SHT_GNU_VERNEED:
            continue
        strings = all_sections[link][2]
        while True:
            _, _, _, first, following = struct.unpack_from("<HHIII", elf, place)
            one = place + first
            while True:
                _, _, _, name, more = struct.unpack_from("<IHHII", elf, one)
                version = text(elf, strings + name)
                if version.startswith("GLIBC_"):
                    found.add(tuple(int(part) for part in version[6:].split(".")))
                if not more:
                    break
                one += more
            if not following:
                break
            place += following
    return found


def faults(package, arch, budget):
    """A package's faults, and a line that describes it."""
    size = package.stat().st_size
    wrong = []
    if budget and size > budget:
        wrong.append(f"{package} is {size:,} bytes, over its budget of {budget:,}: check for new dependencies")
    try:
        with zipfile.ZipFile(package) as archive:
            elf = archive.read("bootstrap")
            mode = archive.getinfo("bootstrap").external_attr >> 16
    except (KeyError, zipfile.BadZipFile):
        return [f"{package} has no `bootstrap`, which Lambda starts: build it with `make build`"], ""
    if elf[:6] != b"\x7fELF\x02\x01":
        return [f"{package} has no 64-bit Linux program: build it with `make build`"], ""
    if not mode & 0o100:
        wrong.append(f"{package}: `bootstrap` is not executable: build it with `make build`")
    machine = struct.unpack_from("<H", elf, 0x12)[0]
    if machine != MACHINES[arch]:
        wrong.append(f"{package} is for another architecture than {arch}: build it with `make build ARCH={arch}`")
    newest = max(glibc(elf), default=(0, 0))
    if newest > AMAZON_LINUX_2023:
        wrong.append(
            f"{package} needs GLIBC_{newest[0]}.{newest[1]}, Amazon Linux 2023 has 2.34: build it with `make build`, "
            "which links against that"
        )
    part = f", {size / budget:.0%} of {budget / 1e6:g} MB" if budget else ""
    return wrong, f"{package}: {size:,} bytes{part}, {arch}, newest symbol GLIBC_{newest[0]}.{newest[1]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", required=True, choices=sorted(MACHINES))
    parser.add_argument("--budget", type=int, default=0, help="in bytes; 0 for none (default)")
    parser.add_argument("zips", nargs="+", type=Path, metavar="ZIP")
    arguments = parser.parse_args()
    wrong = []
    for package in arguments.zips:
        if not package.exists():
            wrong.append(f"{package} does not exist: build it with `make build`")
            continue
        found, line = faults(package, arguments.arch, arguments.budget)
        wrong += found
        if line:
            print(line)
    for fault in wrong:
        print(fault, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
