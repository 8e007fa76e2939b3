"""The model's record in the register, by the operators' command."""

import re
import shlex
import shutil
import subprocess
import sys

from report import Fault

ENDPOINT = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}")
ECCN = re.compile(r"EAR99|[0-9][A-E][0-9]{3}")


def classified(eccn):
    """`eccn`, if it is one that embargoes can be compared with, letter by letter."""
    if not eccn:
        raise Fault("a model without a classification matches every embargo by ECCN, and nobody could use it: "
                    "have it classified, and say `--eccn` (`4E091`, say, or `EAR99`)")
    if not ECCN.fullmatch(eccn):
        raise Fault(f"`{eccn}` is no ECCN: write its five characters without a paragraph, `4E091` say, since `4E091.a` "
                    "would escape an embargo on `4E091`; or `EAR99`")
    return eccn


def command(record, endpoint, eccn, by, why, table, default=False):
    """The arguments for gatectl that add the model's record."""
    if not ENDPOINT.fullmatch(endpoint or ""):
        raise Fault(f"`{endpoint or ''}` can be no SageMaker endpoint's name: say `--endpoint`")
    said = {"--eccn": classified(eccn), "--by": by, "--why": why, "--register-table": table}
    for option, value in said.items():
        if not value or value.startswith("-"):
            raise Fault(f"`{value or ''}` can't be what `{option}` takes: say `{option}`")
    arguments = ["model", "add", f"{record['name']}@{record['version']}", "--endpoint", endpoint]
    arguments += [word for pair in said.items() for word in pair]
    return arguments + ["--default"] * default + ["--yes"]


def run(arguments, gatectl=None, quiet=False):
    """Runs gatectl where it is; else tells which command the compliance operator is to run."""
    found = shutil.which(gatectl or "gatectl")
    if gatectl and not found:
        raise Fault(f"`{gatectl}` can't be run: `cargo build --package gatectl` makes it")
    written = shlex.join(["gatectl", *arguments])
    if not found:
        return {"registered": False, "command": written}
    # With --json, standard output is this script's own.
    ended = subprocess.run([found, *arguments], stdout=sys.stderr if quiet else None, check=False)
    if ended.returncode:
        raise Fault(f"gatectl ended with {ended.returncode}, and said why; the command was `{written}`")
    return {"registered": True, "command": written}
