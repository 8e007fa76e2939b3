"""Downloads the files to pack from the Hugging Face hub, at one commit."""

import re

from folder import choose
from report import Fault

ID = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@([\w./-]+))?")


def fetch(source, revision, into, **allowed):
    """Downloads `org/name`, or `org/name@revision`, into a folder; returns the commit and the omitted files."""
    known = ID.fullmatch(source)
    if not known:
        raise Fault(f"`{source}` is neither a folder nor a model of the hub (`org/name`, or `org/name@revision`)")
    if known[2] and revision and known[2] != revision:
        raise Fault(f"`{source}` and `--revision {revision}` name two revisions: remove one")
    try:
        from huggingface_hub import HfApi, snapshot_download
    except ImportError as error:
        raise Fault(f"`{source}` is not a local folder, and the hub needs the package huggingface_hub: "
                    "`pip install huggingface_hub`, or give a folder") from error
    try:
        # A branch can move between requests; a commit cannot.
        info = HfApi().model_info(known[1], revision=known[2] or revision)
        names = [file.rfilename for file in info.siblings]
        chosen = choose(names, **allowed)
        snapshot_download(known[1], revision=info.sha, local_dir=into, allow_patterns=chosen)
    except Fault:
        raise
    except Exception as error:  # The hub's errors and its HTTP client's have no common base.
        raise Fault(f"`{source}` cannot be downloaded from the hub: {error}") from error
    return info.sha, sorted(set(names) - set(chosen))
