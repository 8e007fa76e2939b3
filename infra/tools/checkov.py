#!/usr/bin/env python3
"""Runs checkov on a template. checkov itself accepts unreadable files, and exceptions without a reason or a finding.

    checkov.py TEMPLATE
"""

import json
import subprocess
import sys
from pathlib import Path


def faults(path):
    command = ["checkov", "--file", path, "--framework", "cloudformation", "--skip-download", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        results = json.loads(done.stdout)["results"]
    except (ValueError, KeyError, TypeError):
        return [f"`checkov` returned no results: {(done.stderr or done.stdout).strip()[-400:]}"]
    found = [f"{one['check_id']} on {one['resource']}: {one['check_name']}" for one in results["failed_checks"]]
    found += [f"checkov cannot read {error}" for error in results["parsing_errors"]]
    skipped = {(one["check_id"], one["resource"].split(".")[-1]) for one in results["skipped_checks"]}
    for name, resource in json.loads(Path(path).read_text(encoding="utf-8"))["Resources"].items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            if not skip.get("comment"):
                found.append(f"`{name}` skips {skip['id']} without a reason: add a comment")
            if (skip["id"], name) not in skipped:
                found.append(f"`{name}` skips {skip['id']}, which finds nothing there: remove the exception")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(faults(sys.argv[1])) or 0)
