"""Errors and progress bars of all steps."""

import os
import re
import sys

# Valid names of models, versions, files and S3 keys. They have no special meaning in shells, URLs, archives and the gate's
# `name@version`.
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Fault(Exception):
    """An error that the user can correct; its text says how."""


def plain(word, what):
    """Checks that every later step accepts `word`."""
    if not PLAIN.fullmatch(word or ""):
        raise Fault(f"`{word}` is not a valid {what}: use only letters, digits, `.`, `_` and `-`, up to 100")
    return word


class Bar:
    """A progress bar on a terminal; silent elsewhere, so that logs have no control characters."""

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
