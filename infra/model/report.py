"""What all the steps share: how trouble is told, and how progress is shown."""

import os
import re
import sys

# What may stand in a model's name or version, in a file's name and in an S3 key alike: nothing that a shell, a URL,
# an archive or the gate's own `name@version` would read otherwise.
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Fault(Exception):
    """Something that the user can mend; its text says what and how."""


def plain(word, what):
    """`word`, if it is one that every later step can carry."""
    if not PLAIN.fullmatch(word or ""):
        raise Fault(f"`{word}` can be no {what}: letters, digits, `.`, `_` and `-` alone, 100 at most")
    return word


class Bar:
    """A progress bar on a terminal; silent anywhere else, so that logs hold no control characters."""

    WIDTH = 40

    def __init__(self, label, total, stream=None):
        self.label, self.total, self.done, self.shown = label, max(total, 1), 0, -1
        self.stream = stream or sys.stderr
        self.terminal = self.stream.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self):
        self.at(0)
        return self

    def __exit__(self, *_):
        if self.terminal:
            self.stream.write("\r\033[K")
            self.stream.flush()

    def add(self, amount):
        self.at(self.done + amount)

    def at(self, done):
        self.done = done
        percent = min(done * 100 // self.total, 100)
        if self.terminal and percent != self.shown:
            full = self.WIDTH * percent // 100
            self.stream.write(f"\r{self.label} [{'#' * full}{'.' * (self.WIDTH - full)}] {percent:3} %")
            self.stream.flush()
            self.shown = percent
