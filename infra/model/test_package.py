"""Tests of packing and registering, by a made-up model: `python3 -m unittest discover infra/model`."""

import io
import json
import os
import stat
import sys
import tarfile
import types
import unittest
from pathlib import Path
from unittest import mock

import inference
import package
import report
from samples import SMALL, InFolder, lay, model, run, weights


class Packing(InFolder):
    def test_the_same_files_make_the_same_bytes(self):
        digests = set()
        for place, order, umask, at in (("a", 1, 0o022, 0), ("deep/down/b", -1, 0o077, 1_700_000_000)):
            before = os.umask(umask)
            try:
                source = lay(self.folder / place, dict(list(model().items())[::order]))
                for path in source.rglob("*"):
                    os.utime(path, (at, at))
                digests.add(package.pack(source, self.folder / f"{place}-out", name=source.name)["sha256"])
            finally:
                os.umask(before)
        self.assertEqual(digests, {SMALL})

    def test_another_zlib_makes_the_same_bytes(self):
        with mock.patch("zlib.compressobj", side_effect=AssertionError("compression differs between zlibs")):
            self.assertEqual(self.pack()["sha256"], SMALL)

    def test_the_layout_is_the_containers(self):
        cases = (
            ({}, {}, ["config.json", "model.safetensors", "tokenizer.json"]),
            ({"1_Pooling/config.json": {"pooling_mode": "cls"}}, {"task": "sentence-embedding"},
             ["1_Pooling", "code", "1_Pooling/config.json", "code/inference.py", "config.json", "model.safetensors",
              "tokenizer.json"]),
            ({"pytorch_model.bin": b"x", "model.fp16.safetensors": weights(), "code/notes.txt": b"x", "own.py": b"x"},
             {}, ["config.json", "model.safetensors", "tokenizer.json"]),
            ({"model.safetensors": None, "pytorch_model.bin": b"x"}, {"allow_pickle": True},
             ["config.json", "pytorch_model.bin", "tokenizer.json"]),
            ({"model.safetensors": None, "model-00001-of-00001.safetensors": weights(),
              "model.safetensors.index.json": {"weight_map": {"layer": "model-00001-of-00001.safetensors"}}}, {},
             ["config.json", "model-00001-of-00001.safetensors", "model.safetensors.index.json", "tokenizer.json"]),
            ({"config.json": {"architectures": ["OwnModel"], "auto_map": {"AutoModel": "own.Own"}}, "own.py": b"x"},
             {"allow_code": True}, ["config.json", "model.safetensors", "own.py", "tokenizer.json"]),
        )
        for number, (changes, options, expected) in enumerate(cases):
            with self.subTest(expected=expected):
                source = lay(self.folder / str(number), model(changes))
                package.pack(source, self.folder / f"{number}-out", name="small", **options)
                with tarfile.open(self.folder / f"{number}-out" / "model.tar.gz") as tar:
                    entries = tar.getmembers()
                self.assertEqual([entry.name for entry in entries], expected)
                for entry in entries:
                    seen = (entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime, entry.mode)
                    self.assertEqual(seen, (0, 0, "", "", 315_532_800, 0o755 if entry.isdir() else 0o644))

    def test_the_description_lists_the_packed_files(self):
        record = self.pack(name="small", version="7", revision="abc")
        artifact, loaded = package.load(self.folder / "out")
        self.assertEqual(record, loaded)
        self.assertEqual(record["bytes"], artifact.stat().st_size)
        self.assertEqual(
            [record[key] for key in ("name", "version", "task", "revision", "environment", "left_out")],
            ["small", "7", "feature-extraction", "abc", {"HF_TASK": "feature-extraction"},
             ["README.md", "data_config.json", "onnx/model.onnx", "training_args.bin"]])
        self.assertEqual(sorted(path.name for path in artifact.parent.iterdir()), ["model.json", "model.tar.gz"])

    def test_the_task_is_read_off_the_architecture(self):
        for architecture, task in (("BertForMaskedLM", "fill-mask"), ("GPT2LMHeadModel", "text-generation"),
                                   ("RobertaForSequenceClassification", "text-classification")):
            with self.subTest(architecture):
                self.assertEqual(self.pack(model({"config.json": {"architectures": [architecture]}}))["task"], task)

    def test_a_given_script_is_packed_unrun(self):
        script, pins = self.folder / "own.py", self.folder / "pins.txt"
        script.write_text("raise SystemExit\ndef transform_fn(model, data, kind, accept): ...")
        pins.write_text("# for it\nnumpy==2.3.4 # arrays\n\n")
        record = self.pack(task="anything", inference=script, requirements=pins)
        self.assertEqual([file["name"] for file in record["files"]][:2], ["code/inference.py", "code/requirements.txt"])
        for text, part in (("x = 1", "defines none of"), ("def (", "is not a valid Python script"),
                           ("def transform_fn(): ...\ndef predict_fn(): ...", "accepts only one form")):
            with self.subTest(text):
                script.write_text(text)
                self.refused(part, self.pack, inference=script)
        script.write_text("def model_fn(folder): ...")
        for loose in ("numpy", "numpy>=2", "-r other.txt", "git+file:///x"):
            with self.subTest(loose):
                pins.write_text(loose)
                self.refused("pin each package", self.pack, inference=script, requirements=pins)
        self.refused("name the script too", self.pack, requirements=pins)

    def test_invalid_and_harmful_models_are_refused(self):
        index, shard = "model.safetensors.index.json", "model-00001-of-00001.safetensors"
        sharded = {"model.safetensors": None, shard: weights()}
        pooled = {"modules.json": [{"type": "x.Transformer"}, {"type": "x.Pooling"}]}
        cases = (
            ("no configuration", {"config.json": None}, {}, "has no `config.json`"),
            ("configuration cut off", {"config.json": b'{"a"'}, {}, "`config.json` is not JSON"),
            ("configuration of another kind", {"config.json": [1]}, {}, "is not a JSON object"),
            ("another file cut off", {"tokenizer.json": b"{"}, {}, "`tokenizer.json` is not JSON"),
            ("no weights", {"model.safetensors": None}, {}, "no weights for the container"),
            ("pickles", {"model.safetensors": None, "pytorch_model.bin": b"x"}, {}, "reading a pickle runs its code"),
            ("weights cut off", {"model.safetensors": weights()[:-1]}, {}, "bytes where its header says"),
            ("weights with a tail", {"model.safetensors": weights() + b"x"}, {}, "bytes where its header says"),
            ("weights of another format", {"model.safetensors": b"x" * 99}, {}, "is not a safetensors file"),
            ("weights without tensors", {"model.safetensors": weights({}, b"")}, {}, "is not a safetensors file"),
            ("only a pointer", {"model.safetensors": b"version https://git-lfs.github.com/spec/v1\n"}, {}, "git lfs"),
            ("an empty file", {"vocab.txt": b""}, {}, "`vocab.txt` is empty"),
            ("no tokenizer", {"tokenizer.json": None}, {}, "the tokenizer is missing"),
            ("no preprocessor", {}, {"task": "image-classification"}, "`preprocessor_config.json` is missing"),
            ("a shard missing", sharded | {shard: None, index: {"weight_map": {"layer": shard}}}, {}, "is missing"),
            ("a shard outside", sharded | {index: {"weight_map": {"layer": "../../x.safetensors"}}}, {}, "is not a shard"),
            ("a tensor missing", sharded | {index: {"weight_map": {"other": shard}}}, {}, "lacks `other`"),
            ("an index without a map", sharded | {index: {}}, {}, "has no `weight_map`"),
            ("code", {"config.json": {"auto_map": {"AutoModel": "own.Own"}}}, {}, "use `--allow-code`"),
            ("a tokenizer's code", {"tokenizer_config.json": {"auto_map": {"T": [None, "own.T"]}}}, {}, "--allow-code"),
            ("a pipeline", {"config.json": {"custom_pipelines": {"x": {}}}}, {}, "use `--allow-code`"),
            ("code elsewhere", {"config.json": {"auto_map": {"AutoModel": "org/name--own.Own"}}, "own.py": b"x"},
             {"allow_code": True}, "from outside the folder"),
            ("a script", {"code/inference.py": b"x"}, {}, "use `--inference`"),
            ("an unknown task", {}, {"task": "horoscope"}, "has no task `horoscope`"),
            ("an unknown architecture", {"config.json": {"architectures": ["Mystery"]}}, {}, "use `--task`"),
            ("a name with a space", {"a b.txt": b"x"}, {}, "is not a portable file name"),
            ("a name for the gate", {}, {"name": "a@b"}, "is not a valid model's name"),
            ("a version for the gate", {}, {"version": "../1"}, "is not a valid model's version"),
            ("a dense layer", {"modules.json": [{"type": "x.Dense"}]}, {"task": "sentence-embedding"}, "uses `Dense`"),
            ("no pooling", pooled, {"task": "sentence-embedding"}, "uses `1_Pooling/config.json`"),
            ("another pooling", pooled | {"1_Pooling/config.json": {"pooling_mode_max_tokens": True}},
             {"task": "sentence-embedding"}, "pooling by `max_tokens`"),
        )
        for number, (case, changes, options, part) in enumerate(cases):
            with self.subTest(case):
                source = lay(self.folder / str(number), model(changes))
                self.refused(part, package.pack, source, self.folder / "out", **{"name": "small"} | options)
                self.assertEqual(list((self.folder / "out").iterdir()), [])

    def test_links_are_followed_inside_the_folder_only(self):
        source = lay(self.folder / "small", model({"model.safetensors": None, "tokenizer.json": None}))
        (source / "kept").mkdir()
        (source / "kept/weights").write_bytes(weights())
        (source / "model.safetensors").symlink_to("kept/weights")
        outside = self.folder / "tokenizer.json"
        outside.write_text("{}")
        (source / "tokenizer.json").symlink_to(outside)
        self.refused("`tokenizer.json` is a link out of the folder", package.pack, source, self.folder / "out")
        (source / "tokenizer.json").unlink()
        (source / "tokenizer.json").write_text(json.dumps(model()["tokenizer.json"]))
        self.assertEqual(package.pack(source, self.folder / "out")["sha256"], SMALL)

    def test_the_hub_gives_only_what_is_packed_at_one_commit(self):
        asked = []

        class HfApi:
            def model_info(self, repo, revision):
                asked.append((repo, revision))
                return types.SimpleNamespace(
                    sha="c0ffee", siblings=[types.SimpleNamespace(rfilename=name) for name in model()])

        def snapshot_download(repo, revision, local_dir, allow_patterns):
            asked.append((repo, revision, allow_patterns))
            lay(Path(local_dir), {name: content for name, content in model().items() if name in allow_patterns})

        fake = types.SimpleNamespace(HfApi=HfApi, snapshot_download=snapshot_download)
        with mock.patch.dict(sys.modules, huggingface_hub=fake):
            record = package.pack("org/Small@main", self.folder / "out")
            self.refused("name two revisions", package.pack, "org/small@a", self.folder / "out", revision="b")
        self.assertEqual(asked, [("org/Small", "main"),
                                 ("org/Small", "c0ffee", ["config.json", "model.safetensors", "tokenizer.json"])])
        self.assertEqual([record[key] for key in ("name", "revision", "sha256")], ["Small", "c0ffee", SMALL])
        with mock.patch.dict(sys.modules, huggingface_hub=None):
            self.refused("pip install huggingface_hub", package.pack, "org/small", self.folder / "out")
        self.refused("neither a folder nor", package.pack, "/nowhere", self.folder / "out", name="small")

    def test_progress_is_for_terminals(self):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        for stream, expected in ((Terminal(), "50 %"), (io.StringIO(), "")):
            with mock.patch.dict(os.environ, TERM="xterm"), report.Bar("packing", 10, stream) as bar:
                bar.add(5)
            self.assertIn(expected, stream.getvalue())
            self.assertEqual(bool(expected), bool(stream.getvalue()))

    def test_pooling_is_as_the_model_was_trained(self):
        for config, mode in (({"pooling_mode": "mean"}, "mean"), ({"pooling_mode": ["cls"]}, "cls"),
                             ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
                             ({"pooling_mode_mean_tokens": True}, "mean")):
            with self.subTest(config):
                self.assertEqual(inference.pooling(lay(self.folder, {"1_Pooling/config.json": config})), mode)
        lay(self.folder, {"1_Pooling/config.json": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}})
        with self.assertRaisesRegex(ValueError, "mean or cls alone"):
            inference.pooling(self.folder)


class Registering(InFolder):
    SAID = ("--endpoint", "minilm-1", "--by", "sample officer", "--why", "It's public: 15 CFR 734.7.")

    def setUp(self):
        super().setUp()
        self.pack(name="minilm")
        self.gatectl = self.folder / "gatectl"
        self.gatectl.write_text(f"#!{sys.executable}\nimport json, os, sys\nprint('said')\n"
                                f"json.dump(sys.argv[1:], open({str(self.folder / 'seen')!r}, 'w'))\n"
                                "sys.exit(int(os.environ.get('ENDS', 0)))\n")
        self.gatectl.chmod(self.gatectl.stat().st_mode | stat.S_IXUSR)

    def register(self, *more, path=None, **environment):
        return run("register", self.folder / "out", *self.SAID, *more, PATH=path or "/nowhere", **environment)

    def test_gatectl_gets_the_command(self):
        expected = ["model", "add", "minilm@1", "--endpoint", "minilm-1", "--eccn", "EAR99", "--by", "sample officer",
                    "--why", "It's public: 15 CFR 734.7.", "--register-table", "register", "--default", "--yes"]
        for found in ({"path": str(self.folder)}, {}):
            more = () if found else ("--gatectl", self.gatectl)
            with self.subTest(found):
                more = ("--eccn", "EAR99", "--default", *more)
                code, out, error = self.register(*more, REGISTER_TABLE="register", **found)
                self.assertEqual((code, out, error), (0, "said\n\n", ""))
                self.assertEqual(json.loads((self.folder / "seen").read_text()), expected)
                (self.folder / "seen").unlink()

    def test_errors_of_gatectl_are_passed_on(self):
        code, out, error = self.register("--eccn", "EAR99", "--register-table", "t", path=str(self.folder), ENDS="3")
        self.assertEqual((code, out), (1, "said\n"))
        self.assertIn("gatectl ended with 3", error)
        code, out, error = self.register("--eccn", "EAR99", "--register-table", "t", "--json", path=str(self.folder))
        self.assertEqual((code, error, json.loads(out)["registered"]), (0, "said\n", True))

    def test_without_gatectl_the_command_is_printed(self):
        code, out, error = self.register("--eccn", "4E091", "--register-table", "t")
        self.assertEqual((code, error), (0, ""))
        self.assertIn("Ask the compliance operator to run", out)
        self.assertEqual(out.splitlines()[-1].strip(), "gatectl model add minilm@1 --endpoint minilm-1 --eccn 4E091 "
                         "--by 'sample officer' --why 'It'\"'\"'s public: 15 CFR 734.7.' --register-table t --yes")

    def test_missing_options_are_refused(self):
        table, eccn = ("--register-table", "t"), ("--eccn", "EAR99")
        for more, part in ((table, "matches every embargo by ECCN"), ((*table, "--eccn", "ear99"), "is not a valid ECCN"),
                           ((*table, "--eccn", "4E091.a"), "would not match an embargo"),
                           (eccn, "use `--register-table`"), ((*table, *eccn, "--endpoint", "a_b"), "endpoint name"),
                           ((*table, *eccn, "--by="), "use `--by`"), ((*table, *eccn, "--why=-x"), "use `--why`"),
                           ((*table, *eccn, "--gatectl", "/nowhere/gatectl"), "cannot be run")):
            with self.subTest(more):
                code, out, error = self.register(*more, path=str(self.folder), REGISTER_TABLE="")
                self.assertEqual((code, out), (1, ""))
                self.assertIn(part, error)
                self.assertFalse((self.folder / "seen").exists())


if __name__ == "__main__":
    unittest.main()
