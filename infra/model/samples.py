"""A small sample model, and helpers that run the script, for the tests."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import package
import report

HERE = Path(__file__).resolve().parent

# The digest of these files on every machine, Python and zlib. It changes with the selection of files.
SMALL = "5fb999bc25a0462fd5922572ad93cb30621b7a9a44bc266e73a1a2c5ad6bbbb1"
MINILM = "7e5fb71eca1e0372a850f6f7fa2324f2f3b218aad78ee73dfba10380c52633a1"
LAYER = {"layer": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]}}


def weights(header=None, data=bytes(32)):
    text = json.dumps(LAYER if header is None else header).encode()
    return struct.pack("<Q", len(text)) + text + data


def model(changes=None):
    """A made-up model's files; `changes` replace and add some, or with None remove them."""
    files = {
        "config.json": {"architectures": ["BertModel"], "hidden_size": 4, "vocab_size": 2},
        "model.safetensors": weights(),
        "tokenizer.json": {"model": {"type": "WordPiece", "vocab": {"[UNK]": 0, "word": 1}}},
        "README.md": b"left out",
        "onnx/model.onnx": b"left out",
        "training_args.bin": b"left out",
        "data_config.json": [],
    }
    return {name: content for name, content in (files | (changes or {})).items() if content is not None}


def lay(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


def run(*arguments, **environment):
    """Runs the script as a user would: exit code, standard output, standard error."""
    ran = subprocess.run([sys.executable, HERE / "package.py", *map(str, arguments)], capture_output=True, text=True,
                         env=os.environ | environment, check=False)
    return ran.returncode, ran.stdout, ran.stderr


class InFolder(unittest.TestCase):
    def setUp(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)

    def pack(self, files=None, **options):
        return package.pack(lay(self.folder / "small", files or model()), self.folder / "out", **options)

    def refused(self, part, act, *arguments, **options):
        with self.assertRaises(report.Fault) as caught:
            act(*arguments, **options)
        self.assertIn(part, str(caught.exception))
