"""Sources: a local folder is used as it is, what lies in S3 is copied once, and mistakes get a clear line."""

from pathlib import Path
from typing import Any

import pytest

from genai.errors import InputError
from genai.sources import fetch, listing, prefix_of, remove, upload


def test_a_local_folder_is_used_as_it_is(tmp_path: Path) -> None:
    assert fetch(str(tmp_path), tmp_path / "unused") == tmp_path
    assert not (tmp_path / "unused").exists()


def test_a_prefix_is_copied_with_its_folders(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket="models", Key="tiny/config.json", Body=b"{}")
    s3.put_object(Bucket="models", Key="tiny/unet/weights.bin", Body=b"12345")
    s3.put_object(Bucket="models", Key="tiny-other/config.json", Body=b"no")
    folder = fetch("s3://models/tiny", tmp_path / "copy")
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        ".complete.json",
        "config.json",
        "unet/weights.bin",
    }


def test_a_whole_copy_is_not_made_again_and_a_broken_one_goes_on(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket="models", Key="tiny/a", Body=b"first")
    folder = fetch("s3://models/tiny/", tmp_path)
    s3.put_object(Bucket="models", Key="tiny/a", Body=b"other")
    assert (fetch("s3://models/tiny/", tmp_path) / "a").read_bytes() == b"first"
    (folder / ".complete.json").unlink()
    (folder / "a").write_bytes(b"torn off")
    assert (fetch("s3://models/tiny/", tmp_path) / "a").read_bytes() == b"other"


def test_a_folder_is_written_to_s3_with_the_marker_last(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    class Client:
        def upload_file(self, name: str, bucket: str, key: str) -> None:
            order.append(key)
            s3.upload_file(name, bucket, key)

    monkeypatch.setattr("genai.sources._client", Client)
    for name in ("adapter.bin", "base_model.json", "z.txt"):
        (tmp_path / name).write_text(name)
    upload(tmp_path, "s3://models/result", last="base_model.json")
    assert order == ["result/adapter.bin", "result/z.txt", "result/base_model.json"]
    assert s3.get_object(Bucket="models", Key="result/z.txt")["Body"].read() == b"z.txt"


def test_a_folder_is_written_to_a_path_too(tmp_path: Path) -> None:
    (tmp_path / "from" / "sub").mkdir(parents=True)
    (tmp_path / "from" / "sub" / "a").write_text("a")
    upload(tmp_path / "from", str(tmp_path / "to"))
    assert (tmp_path / "to" / "sub" / "a").read_text() == "a"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("s3://models", r"s3://models: no source; write s3://<bucket>/<prefix>"),
        ("s3://models/", r"names a whole bucket; add a prefix"),
        ("https://example.com/model", r"no source; write s3://"),
        ("/not/there", r"/not/there: not there; name a folder that exists"),
    ],
)
def test_a_source_that_is_none_is_refused(source: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=problem):
        fetch(source, tmp_path)


def test_an_empty_prefix_and_a_key_that_leads_out_are_refused(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="s3://models/none/: has no objects"):
        fetch("s3://models/none", tmp_path / "a")
    s3.put_object(Bucket="models", Key="bad/../../etc/passwd", Body=b"x")
    with pytest.raises(InputError, match="leads out of its folder"):
        fetch("s3://models/bad", tmp_path / "b")


def test_a_target_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    with pytest.raises(InputError, match="no target"):
        upload(tmp_path, "owner/name")


def test_s3a_is_read_as_s3() -> None:
    assert str(prefix_of("s3a://data/text/raw/")) == "s3://data/text/raw/"


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("place", ["s3://models/kept", "folder"])
def test_files_are_listed_and_removed_in_s3_and_below_a_path(tmp_path: Path, place: str) -> None:
    target = place if place.startswith("s3") else str(tmp_path / place)
    (tmp_path / "from" / "step-1").mkdir(parents=True)
    for name in ("step-1/weights", "last"):
        (tmp_path / "from" / name).write_text(name)
    upload(tmp_path / "from", target)
    assert listing(target) == ["last", "step-1/weights"]
    remove(target, ["step-1/weights", "absent"])
    assert listing(target) == ["last"]
