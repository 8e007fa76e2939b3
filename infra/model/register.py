"""Adds the model's record to the register with gatectl."""

import re
import shlex
import shutil
import subprocess
import sys

from report import Fault

ENDPOINT = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}")
ECCN = re.compile(r"EAR99|[0-9][A-E][0-9]{3}")


def classified(eccn):
    """Checks that embargoes can be compared with `eccn` literally."""
    if not eccn:
        raise Fault("a model without a classification matches every embargo by ECCN: "
                    "have it classified, and use `--eccn` (such as `4E091` or `EAR99`)")
    if not ECCN.fullmatch(eccn):
        raise Fault(f"`{eccn}` is not a valid ECCN: write five characters without a paragraph, such as `4E091`, or `EAR99`; "
                    "`4E091.a` would not match an embargo on `4E091`")
    return eccn


def command(record, endpoint, eccn, by, why, table, default=False):
    """gatectl's arguments to add the model's record."""
    if not ENDPOINT.fullmatch(endpoint or ""):
        raise Fault(f"`{endpoint or ''}` is not a valid SageMaker endpoint name: use `--endpoint`")
    given = {"--eccn": classified(eccn), "--by": by, "--why": why, "--register-table": table}
    for option, value in given.items():
        if not value or value.startswith("-"):
            raise Fault(f"`{value or ''}` is not a valid value: use `{option}`")
    arguments = ["model", "add", f"{record['name']}@{record['version']}", "--endpoint", endpoint]
    arguments += [word for pair in given.items() for word in pair]
    return arguments + ["--default"] * default + ["--yes"]


def run(arguments, gatectl=None, quiet=False):
    """Runs gatectl if it is found; otherwise returns the command for the compliance operator."""
    found = shutil.which(gatectl or "gatectl")
    if gatectl and not found:
        raise Fault(f"`{gatectl}` cannot be run: build it with `make gatectl`")
    written = shlex.join(["gatectl", *arguments])
    if not found:
        return {"registered": False, "command": written}
    # With --json, standard output is reserved for this script.
    ended = subprocess.run([found, *arguments], stdout=sys.stderr if quiet else None, check=False)
    if ended.returncode:
        raise Fault(f"gatectl ended with {ended.returncode} (see above); the command was `{written}`")
    return {"registered": True, "command": written}
