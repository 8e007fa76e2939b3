"""Writes model.tar.gz reproducibly: the same bytes for the same files on every machine and Python version."""

import hashlib
import struct
import tarfile
import zlib

from report import Bar, Fault

# 1980-01-01 UTC, since some tools reject 1970.
MODIFIED = 315_532_800
CHUNK = 1 << 20


class Stored:
    """A gzip file that stores instead of compressing.

    What deflate makes of its input differs between versions of zlib, zlib-ng and hardware, so a compressed archive's
    digest would hold for one machine only, and the same model packed twice would look like two. Stored blocks (RFC
    1951, 3.2.4) leave no choice. Weights hardly shrink anyway: level 1 saves 8 % of 32-bit floats, and makes
    every packing take six times as long and every cold start inflate.
    """

    # Magic, deflate, no flags (hence no name), time 0, no hint, system unknown.
    HEADER = b"\x1f\x8b\x08\x00" + bytes(4) + b"\x00\xff"
    BLOCK = 0xFFFF

    def __init__(self, out):
        self.out, self.digest, self.written = out, hashlib.sha256(), 0
        self.held, self.crc, self.length = bytearray(), 0, 0
        self._put(self.HEADER)

    def write(self, data):
        self.crc = zlib.crc32(data, self.crc)
        self.length += len(data)
        self.held += data
        # Blocks have a fixed length, independent of the writes. One is kept back as the last.
        while len(self.held) > self.BLOCK:
            self._block(bytes(self.held[: self.BLOCK]), last=False)
            del self.held[: self.BLOCK]
        return len(data)

    def close(self):
        self._block(bytes(self.held), last=True)
        self._put(struct.pack("<II", self.crc, self.length & 0xFFFF_FFFF))

    def _block(self, data, last):
        self._put(struct.pack("<BHH", last, len(data), len(data) ^ 0xFFFF) + data)

    def _put(self, data):
        self.out.write(data)
        self.digest.update(data)
        self.written += len(data)


class Counted:
    """A file that is hashed and counted while it is read."""

    def __init__(self, file, bar):
        self.file, self.bar, self.digest = file, bar, hashlib.sha256()

    def read(self, size=-1):
        data = self.file.read(size)
        self.digest.update(data)
        self.bar.add(len(data))
        return data


def write(members, out):
    """Packs `members` (name in the archive: path) into the open file `out`.

    Returns the archive's SHA-256 and size, and name, size and SHA-256 of each file.
    """
    sizes = {name: path.stat().st_size for name, path in members.items()}
    stored, files = Stored(out), []
    with (
        Bar("packing", sum(sizes.values())) as bar,
        tarfile.open(fileobj=stored, mode="w|", format=tarfile.PAX_FORMAT, bufsize=CHUNK, copybufsize=CHUNK) as tar,
    ):
        for folder in sorted({name.rpartition("/")[0] for name in members} - {""}):
            tar.addfile(_entry(folder, tarfile.DIRTYPE, 0o755, 0))
        for name in sorted(members):
            with members[name].open("rb") as file:
                counted = Counted(file, bar)
                try:
                    tar.addfile(_entry(name, tarfile.REGTYPE, 0o644, sizes[name]), counted)
                except OSError as error:
                    raise Fault(f"`{name}` cannot be read, or changes while it is packed: {error}") from error
                files.append({"name": name, "bytes": sizes[name], "sha256": counted.digest.hexdigest()})
    stored.close()
    return stored.digest.hexdigest(), stored.written, files


def read(artifact):
    """Name and size of each entry of an archive, in its order."""
    with tarfile.open(artifact, "r:gz") as tar:
        return [(entry.name + "/" * entry.isdir(), entry.size) for entry in tar]


def _entry(name, kind, mode, size):
    # A new TarInfo has owner 0 and no names, so nothing depends on the machine.
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.mtime = kind, mode, size, MODIFIED
    return entry
