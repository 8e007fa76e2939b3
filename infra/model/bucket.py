"""Uploads the artifact to S3: one key for each version, written once."""

import base64
import hashlib

from report import Bar, Fault

# Up to this size S3 stores the SHA-256 of the whole, as in model.json; above it, the hash of the parts' hashes.
SINGLE = 512 << 20
PART = 64 << 20


def upload(artifact, record, bucket, prefix, single=SINGLE, part=PART):
    """Uploads the artifact under its name and version, unless it exists already.

    Another content under the same version is refused: endpoints, ledger entries and classifications name the version,
    and mean what was there when they were written.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise Fault("uploading needs the package boto3: `pip install boto3`") from error
    key = "/".join([*filter(None, prefix.split("/")), record["name"], record["version"], "model.tar.gz"])
    hashes, whole = _hashes(artifact, part)
    if whole.hex() != record["sha256"]:
        raise Fault(f"`{artifact}` does not match its model.json: pack it again")
    checksum = _text(whole if record["bytes"] <= single else hashlib.sha256(b"".join(hashes)).digest())
    place = {"Bucket": bucket, "Key": key}
    try:
        client = boto3.client("s3")
        there = _there(client, place, ClientError)
        wrote = there is None
        if wrote:
            try:
                _put(client, place, artifact, record, checksum, hashes, single, part)
            except ClientError as error:
                # Another upload finished between the check and the write.
                if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
                    raise
                wrote = False
            there = _there(client, place, ClientError)
    except ClientError as error:
        raise Fault(f"`s3://{bucket}/{key}`: {error}") from error
    except BotoCoreError as error:
        raise Fault(f"cannot reach S3: {error}") from error
    if there is None:
        raise Fault(f"`s3://{bucket}/{key}` is being written by another upload: try again")
    if there != checksum:
        raise Fault(f"`s3://{bucket}/{key}` has other content (SHA-256 `{there or 'not recorded'}`, here "
                    f"`{checksum}`): versions are never overwritten, use a new `--version`")
    return {"bucket": bucket, "key": key, "checksum_sha256": checksum, "uploaded": wrote}


def _hashes(artifact, part):
    whole, parts = hashlib.sha256(), []
    with artifact.open("rb") as file:
        while data := file.read(part):
            whole.update(data)
            parts.append(hashlib.sha256(data).digest())
    return parts, whole.digest()


def _there(client, place, error_class):
    """S3's SHA-256 of the object; empty without one, None without the object."""
    try:
        # S3 writes `…-2` for a hash of two parts' hashes.
        return client.head_object(**place, ChecksumMode="ENABLED").get("ChecksumSHA256", "").partition("-")[0]
    except error_class as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
            return None
        raise


def _put(client, place, artifact, record, checksum, hashes, single, part):
    about = {name: record[name] for name in ("sha256", "task", "revision") if record[name]}
    with artifact.open("rb") as file, Bar("uploading", record["bytes"]) as bar:
        if record["bytes"] <= single:
            client.put_object(**place, Body=_Shown(file, bar), Metadata=about, ContentType="application/gzip",
                              ChecksumAlgorithm="SHA256", ChecksumSHA256=checksum, IfNoneMatch="*")
            return
        upload = client.create_multipart_upload(**place, Metadata=about, ContentType="application/gzip",
                                                ChecksumAlgorithm="SHA256")["UploadId"]
        try:
            parts = []
            for number, digest in enumerate(map(_text, hashes), 1):
                body = file.read(part)
                put = client.upload_part(**place, UploadId=upload, PartNumber=number, Body=body,
                                         ChecksumAlgorithm="SHA256", ChecksumSHA256=digest)
                parts.append({"PartNumber": number, "ETag": put["ETag"], "ChecksumSHA256": digest})
                bar.add(len(body))
            client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts},
                                             IfNoneMatch="*")
        except BaseException:
            # Incomplete uploads would keep their parts, which cost money.
            client.abort_multipart_upload(**place, UploadId=upload)
            raise


class _Shown:
    """A file with a progress bar; it can be rewound for a retry."""

    def __init__(self, file, bar):
        self.file, self.bar, self.seek, self.tell = file, bar, file.seek, file.tell

    def read(self, size=-1):
        data = self.file.read(size)
        self.bar.at(self.file.tell())
        return data


def _text(digest):
    return base64.b64encode(digest).decode()
