#!/usr/bin/env python3
"""Pack a Hugging Face model as SageMaker's model.tar.gz, upload it to S3, and register it with the gate.

    package.py pack SOURCE --output DIR        make model.tar.gz and model.json
    package.py upload DIR --bucket BUCKET      put it where its version belongs, once
    package.py register DIR --endpoint …       have gatectl write the model's record
    package.py all SOURCE …                    all three

Packing needs Python 3.11 and nothing else; README.md beside this file has the whole way.
"""

import argparse
import ast
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import archive
import bucket as s3
import folder
import hub
import register as gate
from report import Fault, plain

HOOKS = {"model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn"}


def pack(source, output, name=None, version="1", task=None, inference=None, requirements=None, revision=None,
         allow_pickle=False, allow_code=False):
    """Writes model.tar.gz and model.json to `output` from a folder or a model of the hub; returns model.json's content."""
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    allowed = {"pickle": allow_pickle, "code": allow_code, "own": bool(inference)}
    given = Path(source)
    name = plain(name or re.sub(r".*/|@.*", "", given.resolve().name if given.is_dir() else source), "model's name")
    plain(version, "model's version")
    if requirements and not inference:
        raise Fault("`--requirements` needs `--inference`: name the script too")
    # Next to the output, since /tmp can be too small for a model.
    with tempfile.TemporaryDirectory(prefix=".packing-", dir=output) as work:
        if given.is_dir():
            where, every = given, folder.listed(given)
            chosen = folder.choose(every, **allowed)
            left = sorted(set(every) - set(chosen))
        else:
            where = Path(work, "hub")
            revision, left = hub.fetch(str(source), revision, where, **allowed)
            chosen = folder.choose(folder.listed(where), **allowed)
        task = folder.check(where, chosen, task, code=allow_code, own=bool(inference))
        members = {file: where / file for file in chosen} | _code(task, inference, requirements)
        packed = Path(work, "model.tar.gz")
        with packed.open("wb") as out:
            sha256, size, files = archive.write(members, out)
        record = {
            "name": name,
            "version": version,
            "task": task,
            "sha256": sha256,
            "bytes": size,
            "source": str(source),
            "revision": revision,
            # The container's environment.
            "environment": {"HF_TASK": task} | ({"HF_TRUST_REMOTE_CODE": "true"} if allow_code else {}),
            "files": files,
            "left_out": left,
        }
        described = Path(work, "model.json")
        described.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        # The description comes last, since the next step rejects an archive without one.
        packed.replace(output / "model.tar.gz")
        described.replace(output / "model.json")
    return record


def load(artifact):
    """The path and the model.json of an artifact, or of the artifact in a folder."""
    path = Path(artifact)
    path = path / "model.tar.gz" if path.is_dir() else path
    try:
        record = json.loads(path.with_name("model.json").read_text(encoding="utf-8"))
        found = {key: record[key] for key in ("name", "version", "task", "sha256", "bytes", "revision")}
    except OSError as error:
        raise Fault(f"`{path}` has no `model.json`: pack it first") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Fault(f"`{path.with_name('model.json')}` cannot be read: pack it again") from error
    if not path.is_file() or path.stat().st_size != found["bytes"]:
        raise Fault(f"`{path}` is missing, or not the archive that `model.json` describes: pack it again")
    plain(found["name"], "model's name"), plain(found["version"], "model's version")
    return path, record


def upload(artifact, bucket, prefix="models"):
    """Uploads the artifact to S3; returns bucket, key and whether it was written."""
    path, record = load(artifact)
    for word in filter(None, prefix.split("/")):
        plain(word, "part of a prefix")
    return s3.upload(path, record, bucket, prefix)


def register(artifact, endpoint, eccn, by, why, register_table, default=False, gatectl=None, quiet=False):
    """Adds the model's record with gatectl, or returns the command for the compliance operator."""
    _, record = load(artifact)
    return gate.run(gate.command(record, endpoint, eccn, by, why, register_table, default), gatectl, quiet)


def _code(task, inference, requirements):
    if inference:
        return {"code/inference.py": _script(Path(inference))} | (
            {"code/requirements.txt": _pinned(Path(requirements))} if requirements else {})
    if task == folder.SENTENCES:
        return {"code/inference.py": Path(__file__).with_name("inference.py")}
    return {}


def _script(path):
    """Checks that the container accepts the script, without running it."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError) as error:
        raise Fault(f"`{path}` is not a valid Python script: {error}") from error
    hooks = {node.name for node in body if isinstance(node, ast.FunctionDef)} & HOOKS
    if not hooks:
        raise Fault(f"`{path}` defines none of {', '.join(sorted(HOOKS))}: the container would ignore it")
    beside = sorted(hooks - {"model_fn", "transform_fn"})
    if "transform_fn" in hooks and beside:
        raise Fault(f"`{path}` defines both `transform_fn` and {', '.join(beside)}: the container accepts only one form")
    return path


def _pinned(path):
    try:
        lines = [line.partition(" #")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise Fault(f"`{path}` cannot be read: {error}") from error
    loose = [line for line in lines if not re.fullmatch(r"|#.*|[\w.\[\],-]+==[\w.+!]+", line)]
    if loose:
        # The container installs them at each start, so pins keep versions fixed.
        raise Fault(f"`{path}` has `{loose[0]}`: pin each package, `name==version`")
    return path


def _parser():
    parser = argparse.ArgumentParser(prog="package.py", description=__doc__.partition("\n")[0])
    steps = parser.add_subparsers(dest="step", required=True, metavar="pack | upload | register | all")
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument("source", help="a folder, or a model of the hub: org/name, org/name@revision")
    source.add_argument("--output", required=True, metavar="DIR", help="folder for model.tar.gz and model.json")
    source.add_argument("--name", help="the model's name in the gate (default: the source's)")
    source.add_argument("--version", default="1", help="its version, which has one fixed content (default: 1)")
    source.add_argument("--task", help=f"the container's task, or {folder.SENTENCES} (default: from config.json)")
    source.add_argument("--inference", metavar="FILE", help="a script for code/inference.py")
    source.add_argument("--requirements", metavar="FILE", help="its pinned packages, for code/requirements.txt")
    source.add_argument("--revision", help="branch, tag or commit of the hub, or of a folder's files")
    source.add_argument("--allow-pickle", action="store_true", help="accept pickled weights if there are no others")
    source.add_argument("--allow-code", action="store_true", help="accept the model's own Python files")
    artifact = argparse.ArgumentParser(add_help=False)
    artifact.add_argument("artifact", help="model.tar.gz with its model.json, or their folder")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--bucket", required=True)
    place.add_argument("--prefix", default="models", help="key prefix of NAME/VERSION/model.tar.gz (default: models)")
    record = argparse.ArgumentParser(add_help=False)
    record.add_argument("--endpoint", required=True, help="this version's SageMaker endpoint")
    record.add_argument("--eccn", help="its Export Control Classification Number, or EAR99")
    record.add_argument("--by", required=True, help="who registers it")
    record.add_argument("--why", required=True, help="the ground of its classification")
    record.add_argument("--register-table", default=os.environ.get("REGISTER_TABLE"), help="the register table (default: $REGISTER_TABLE)")
    record.add_argument("--default", action="store_true", help="make this the default version of the name")
    record.add_argument("--gatectl", metavar="PATH", help="path of gatectl (default: from PATH)")
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--json", action="store_true", help="print JSON")
    steps.add_parser("pack", parents=[source, output], help="write model.tar.gz and model.json")
    steps.add_parser("upload", parents=[artifact, place, output], help="upload the artifact to S3")
    steps.add_parser("register", parents=[artifact, record, output], help="add the record with gatectl")
    steps.add_parser("all", parents=[source, place, record, output], help="pack, upload and register")
    return parser


def _packed(given):
    options = ("name", "version", "task", "inference", "requirements", "revision", "allow_pickle", "allow_code")
    record = pack(given.source, given.output, **{option: getattr(given, option) for option in options})
    left = ", ".join(record["left_out"])
    return record, [
        f"{record['name']}@{record['version']}: {record['task']}, {len(record['files'])} files of `{given.source}`",
        f"  archive   {Path(given.output, 'model.tar.gz')}",
        f"  size      {record['bytes']:,} bytes",
        f"  SHA-256   {record['sha256']}",
        *([f"  left out  {left}"] if left else []),
    ]


def _uploaded(given, artifact):
    put = upload(artifact, given.bucket, given.prefix)
    return put, [f"s3://{put['bucket']}/{put['key']}: {'uploaded' if put['uploaded'] else 'unchanged, already uploaded'}",
                 f"  ModelArtifact={put['key']}"]


def _registered(given, artifact):
    result = register(artifact, given.endpoint, given.eccn, given.by, given.why, given.register_table, given.default,
                      given.gatectl, given.json)
    if result["registered"]:
        return result, []
    return result, ["not registered: gatectl was not found. Only gatectl writes the register, since record, history and",
                    "revision must change together. Ask the compliance operator to run", "", f"  {result['command']}"]


def main(arguments=None):
    given = _parser().parse_args(arguments)
    try:
        answer, lines = {}, []
        if given.step in ("register", "all"):
            # Checked before minutes of packing and uploading.
            gate.classified(given.eccn)
        if given.step in ("pack", "all"):
            answer["pack"], lines = _packed(given)
        artifact = given.output if given.step in ("pack", "all") else given.artifact
        for step, act in (("upload", _uploaded), ("register", _registered)):
            if given.step in (step, "all"):
                answer[step], more = act(given, artifact)
                lines += more
    except Fault as fault:
        print(f"package.py: {fault}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"package.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    answer = answer if given.step == "all" else answer[given.step]
    print(json.dumps(answer, indent=2) if given.json else "\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
