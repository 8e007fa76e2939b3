"""Selects and checks the files of a Hugging Face model's folder."""

import json
import re
from pathlib import Path

import inference
from report import PLAIN, Fault

# The container's tasks by architecture, except the bare encoder (`BertModel`), which has none.
TASKS = {
    "TapasForQuestionAnswering": "table-question-answering",
    "ForQuestionAnswering": "question-answering",
    "ForTokenClassification": "token-classification",
    "ForSequenceClassification": "text-classification",
    "ForMaskedLM": "fill-mask",
    "ForCausalLM": "text-generation",
    "LMHeadModel": "text-generation",
    "ForConditionalGeneration": "text2text-generation",
    "MTModel": "text2text-generation",
    "Model": "feature-extraction",
}
# The container's pipelines with a tokenizer, and those with a preprocessor.
TEXT = {*TASKS.values(), "summarization", "translation", "zero-shot-classification"}
MEDIA = {
    "audio-classification",
    "automatic-speech-recognition",
    "image-classification",
    "image-segmentation",
    "object-detection",
    "zero-shot-image-classification",
}
SENTENCES = "sentence-embedding"

# One file, or an index with the shards' names, and the shards' form.
SAFE = ("model.safetensors", "model.safetensors.index.json", r"model-\d{5}-of-\d{5}\.safetensors")
PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json", r"pytorch_model-\d{5}-of-\d{5}\.bin")
# Configuration and vocabularies, at the root and in the numbered modules of sentence-transformers (`1_Pooling`).
KEPT = re.compile(r"[^/]+\.(json|txt|model|spm|jinja|bpe|codes)|\d+_[A-Za-z]+/(config\.json|model\.safetensors)")
# Files of training, other frameworks and this packing, which are left out.
DROPPED = re.compile(
    r"(data_config|trainer_state|model|.*_results)\.json|.*\.index\.json|(requirements|README|LICENSE|NOTICE).*\.txt"
)
TOKENIZERS = re.compile(r"tokenizer\.json|vocab\.(txt|json)|[^/]+\.(model|spm)|bpe\.codes|vocab\.bpe")


def choose(names, pickle=False, code=False, own=False):
    """Selects the files to pack, of a folder or of the hub before anything is downloaded.

    `pickle`, `code`: pickled weights, the model's own code are allowed. `own`: an inference.py is given.
    """
    if not own and "code/inference.py" in names:
        raise Fault("the source has a `code/inference.py`, which would run in the container: read it, then use "
                    "`--inference` with its path")
    weights = next((found for kind in (SAFE, PICKLED)[: 1 + pickle] if (found := _weights(names, kind))), [])
    if not weights and _weights(names, PICKLED):
        raise Fault(
            "the weights are only pickles (`pytorch_model….bin`), and reading a pickle runs its code: "
            "convert them to safetensors, or use `--allow-pickle` for a source that you trust"
        )
    if not weights:
        raise Fault(f"no weights for the container: `{SAFE[0]}`, or `{SAFE[1]}` with its shards")
    kept = [name for name in names if KEPT.fullmatch(name) and not DROPPED.fullmatch(name)]
    scripts = [name for name in names if code and re.fullmatch(r"[^/]+\.py", name)]
    return sorted({*weights, *kept, *scripts})


def listed(folder):
    """The names of a folder's files, down to the relevant depth."""
    paths = [*folder.glob("*"), *folder.glob("*/*")]
    return sorted(path.relative_to(folder).as_posix() for path in paths if path.is_symlink() or path.is_file())


def check(folder, names, task=None, code=False, own=False):
    """Rejects models that would fail or do harm when deployed; returns the task."""
    for name in names:
        _file(folder, name)
    config = _object(folder, "config.json") if "config.json" in names else None
    if config is None:
        raise Fault(f"`{folder}` has no `config.json`: use the folder of a Hugging Face model")
    _foreign_code(folder, names, code)
    _shards(folder, names)
    task = task or _task(config)
    if not own and task not in TEXT | MEDIA | {SENTENCES}:
        raise Fault(f"the container has no task `{task}`: use one of {', '.join(sorted(TEXT | MEDIA | {SENTENCES}))}, "
                    "or provide an `--inference` script")
    if task in MEDIA:
        if "preprocessor_config.json" not in names:
            raise Fault(f"`preprocessor_config.json` is missing, which the task `{task}` needs")
    elif not any(TOKENIZERS.fullmatch(name) for name in names):
        raise Fault("the tokenizer is missing: add `tokenizer.json`, a vocabulary or a sentencepiece model")
    if task == SENTENCES and not own:
        _sentences(folder, names)
    return task


def tensors(path):
    """The tensors of a safetensors file by name, after a check of its size."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length < size else None
        found = {name: tensor for name, tensor in header.items() if name != "__metadata__"}
        end = 8 + length + max(tensor["data_offsets"][1] for tensor in found.values())
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise Fault(f"`{path.name}` is not a safetensors file: download it again") from error
    if end != size:
        raise Fault(f"`{path.name}` has {size:,} bytes where its header says {end:,}: download it again")
    return found


def _weights(names, kind):
    single, index, shard = kind
    if single in names:
        return [single]
    return [index, *(name for name in names if re.fullmatch(shard, name))] if index in names else []


def _file(folder, name):
    path = folder / name
    if not all(PLAIN.fullmatch(part) for part in name.split("/")):
        raise Fault(f"`{name!a}` is not a portable file name: use only letters, digits, `.`, `_` and `-`")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Fault(f"`{name}` is a link out of the folder: pack a copy with the files themselves (`cp -RL`)")
    if not path.is_file() or path.stat().st_size == 0:
        raise Fault(f"`{name}` is empty or not a file: download it again")
    with path.open("rb") as file:
        if file.read(40).startswith(b"version https://git-lfs"):
            raise Fault(f"`{name}` is a Git LFS pointer: run `git lfs pull`")
    if name.endswith(".json"):
        _object(folder, name)
    if name.endswith(".safetensors"):
        tensors(path)


def _object(folder, name):
    try:
        value = json.loads((folder / name).read_text(encoding="utf-8"))
    except ValueError as error:
        raise Fault(f"`{name}` is not JSON: {error}") from error
    if name == "config.json" and not isinstance(value, dict):
        raise Fault("`config.json` is not a JSON object")
    return value


def _foreign_code(folder, names, allowed):
    for name in names:
        value = _object(folder, name) if re.fullmatch(r"[^/]+\.json", name) else None
        if not isinstance(value, dict) or not (value.get("auto_map") or value.get("custom_pipelines")):
            continue
        if not allowed:
            raise Fault(f"`{name}` has its own code (`auto_map`), which would run in the container: "
                        "read it, then use `--allow-code`")
        maps = value.get("auto_map") or {}
        for target in (maps.values() if isinstance(maps, dict) else [maps]):
            for way in target if isinstance(target, list) else [target]:
                module = str(way).rpartition(".")[0]
                if way is not None and f"{module}.py" not in names:
                    # Such as `org/name--module.Class`: the container would fetch code at its start that was not packed.
                    raise Fault(f"`{name}` uses `{way}` from outside the folder: add `{module.split('--')[-1]}.py`")


def _shards(folder, names):
    for index in (name for name in names if name in (SAFE[1], PICKLED[1])):
        where = _object(folder, index)
        where = where.get("weight_map") if isinstance(where, dict) else None
        if not isinstance(where, dict) or not where:
            raise Fault(f"`{index}` has no `weight_map`: download it again")
        form = SAFE[2] if index == SAFE[1] else PICKLED[2]
        for shard in sorted({str(shard) for shard in where.values()}):
            if not re.fullmatch(form, shard):
                raise Fault(f"`{index}` names `{shard}`, which is not a shard of this folder")
            if shard not in names:
                raise Fault(f"`{index}` names `{shard}`, which is missing: download it")
            if index == SAFE[1]:
                absent = {tensor for tensor, at in where.items() if at == shard} - tensors(folder / shard).keys()
                if absent:
                    raise Fault(f"`{shard}` lacks `{min(absent)}`, which `{index}` lists: download both again")


def _task(config):
    architecture = str((config.get("architectures") or [""])[0])
    for ending, task in TASKS.items():
        if architecture.endswith(ending):
            return task
    raise Fault(f"the task cannot be derived from the architecture `{architecture}`: use `--task`")


def _sentences(folder, names):
    modules = _object(folder, "modules.json") if "modules.json" in names else []
    kinds = {str(module.get("type")).rpartition(".")[2] for module in modules}
    others = kinds - {"Transformer", "Pooling", "Normalize"}
    if others or kinds and "1_Pooling/config.json" not in names:
        wanted = ", ".join(sorted(others)) or "1_Pooling/config.json"
        raise Fault(f"`modules.json` uses `{wanted}`, which the supplied inference.py does not support: provide an `--inference` "
                    "script")
    try:
        inference.pooling(Path(folder))
    except ValueError as error:
        raise Fault(f"{error}: provide an `--inference` script") from error
