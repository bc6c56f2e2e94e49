"""Places that models, tokenizers and data come from and go to.

A source is s3://<bucket>/<prefix>, <owner>/<name> of Hugging Face, or a path that starts with / or a dot.
S3 is asked as boto3 is set up in the pod: AWS_REGION, credentials of EKS Pod Identity.
"""

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from genai.errors import InputError

_S3 = re.compile(r"s3a?://([a-z0-9.-]{3,63})/(.*)")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_MARK = ".complete.json"


class Prefix(NamedTuple):
    """A prefix in a bucket; not empty, with a slash at its end."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        """Give the URL."""
        return f"s3://{self.bucket}/{self.prefix}"


def prefix_of(url: str) -> Prefix | None:
    """Read a URL of S3; None for another source. Raises InputError where it names a whole bucket."""
    match = _S3.fullmatch(url)
    if not match:
        return None
    bucket, prefix = match.groups()
    if not prefix.strip("/"):
        raise InputError(f"{url}: names a whole bucket; add a prefix, s3://<bucket>/<prefix>")
    return Prefix(bucket, prefix.strip("/") + "/")


def fetch(source: str, folder: Path, *, patterns: tuple[str, ...] = (), kind: str = "model") -> Path:
    """Give the local folder with what `source` has; remote ones are copied to `folder`, once.

    `patterns` choose files of a Hugging Face repository, of type `kind` (model or dataset). A copy that
    was broken off goes on, with the files that are whole. Raises InputError where there is nothing.
    """
    if source.startswith(("/", ".")):
        return _local(source)
    prefix = prefix_of(source)
    if prefix is None and not _REPOSITORY.fullmatch(source):
        raise InputError(
            f"{source}: no source; write s3://<bucket>/<prefix>, <owner>/<name> on Hugging Face, or a path"
        )
    wanted = {"source": source, "patterns": list(patterns)}
    if _mark(folder) == wanted:
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    if prefix:
        _download(prefix, folder)
    else:
        _snapshot(source, folder, patterns, kind)
    stage = folder / f"{_MARK}.new"
    stage.write_text(json.dumps(wanted), encoding="utf-8")
    stage.replace(folder / _MARK)
    return folder


def upload(folder: Path, target: str, *, last: str = "") -> None:
    """Copy every file of `folder` to `target`, a prefix in S3 or a path, the file named `last` at the end.

    Raises InputError for another target.
    """
    files = sorted(_files(folder), key=lambda name: (name == last, name))
    prefix = prefix_of(target)
    if prefix:
        client = _client()
        for name in files:
            client.upload_file(str(folder / name), prefix.bucket, prefix.prefix + name)
    elif target.startswith(("/", ".")):
        for name in files:
            place = Path(target) / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, place)
    else:
        raise InputError(f"{target}: no target; write s3://<bucket>/<prefix> or a path")


def listing(target: str) -> list[str]:
    """Give the names of the files below `target`, a prefix in S3 or a path; none where nothing is."""
    prefix = prefix_of(target)
    if prefix:
        keys = (key.removeprefix(prefix.prefix) for key, _ in _objects(_client(), prefix))
        return sorted(name for name in keys if name and not name.endswith("/"))
    return sorted(_files(Path(target)))


def remove(target: str, names: Iterable[str]) -> None:
    """Remove files with these names below `target`, a prefix in S3 or a path; absent ones are no fault."""
    prefix = prefix_of(target)
    client = _client() if prefix else None
    for name in names:
        if prefix and client:
            client.delete_object(Bucket=prefix.bucket, Key=prefix.prefix + name)
        else:
            place = Path(target) / name
            place.unlink(missing_ok=True)
            if place.parent != Path(target) and place.parent.is_dir() and not any(place.parent.iterdir()):
                place.parent.rmdir()


def _local(source: str) -> Path:
    path = Path(source)
    if not path.exists():
        raise InputError(f"{source}: not there; name a folder that exists")
    return path


def _mark(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / _MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _download(prefix: Prefix, folder: Path) -> None:
    client = _client()
    found = 0
    for key, size in _objects(client, prefix):
        name = key.removeprefix(prefix.prefix)
        if not name or name.endswith("/"):
            continue
        if ".." in Path(name).parts:
            raise InputError(f"s3://{prefix.bucket}/{key}: leads out of its folder; remove the object")
        found += 1
        place = folder / name
        if place.is_file() and place.stat().st_size == size:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        stage = place.with_name(f".{place.name}.new")
        client.download_file(prefix.bucket, key, str(stage))
        stage.replace(place)
    if not found:
        raise InputError(f"{prefix}: has no objects; upload some, or name another prefix")


def _objects(client: Any, prefix: Prefix) -> Iterator[tuple[str, int]]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.prefix)
    for page in pages:
        for item in page.get("Contents", ()):
            yield item["Key"], item["Size"]


def _snapshot(source: str, folder: Path, patterns: tuple[str, ...], kind: str) -> None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        snapshot_download(
            source, repo_type=kind, local_dir=folder, allow_patterns=list(patterns) if patterns else None
        )
    except GatedRepoError as error:
        raise InputError(
            f"{source}: asks for its licence to be accepted; do so on huggingface.co, and give HF_TOKEN"
        ) from error
    except RepositoryNotFoundError as error:
        raise InputError(f"{source}: not on Hugging Face, or private; give HF_TOKEN") from error


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_file() and name != _MARK:
            yield name


def _client() -> Any:
    import boto3

    return boto3.client("s3")
