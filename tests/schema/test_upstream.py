"""Pinned modules: fetched, proven, derived from."""

import dataclasses
from pathlib import Path

import pytest

from charts_src.errors import UserError
from charts_src.schema import upstream
from charts_src.schema.derive import derive, stale_paths
from charts_src.schema.layout import SCHEMAS
from charts_src.schema.sources import KARPENTER
from charts_src.schema.upstream import module_folder


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a go command that each test writes for itself."""
    monkeypatch.setattr(upstream, "GO", tmp_path / "go")
    return tmp_path / "go"


def answer(go: Path, text: str, code: int) -> None:
    go.write_text(f"#!/bin/sh\necho '{text}'\nexit {code}\n")
    go.chmod(0o755)


def test_another_sum_than_the_pinned_one_is_refused(go: Path) -> None:
    answer(go, '{"Sum": "h1:other", "Dir": "/somewhere"}', 0)
    with pytest.raises(
        UserError, match=r"karpenter-provider-aws@v1\.15\.1: .* sum h1:other, pinned is h1:6eH"
    ):
        module_folder(KARPENTER)


def test_the_pinned_sum_gives_the_folder(go: Path) -> None:
    answer(go, f'{{"Sum": "{KARPENTER.sum}", "Dir": "/somewhere"}}', 0)
    assert module_folder(KARPENTER) == Path("/somewhere")


def test_a_failed_download_says_why(go: Path) -> None:
    answer(go, '{"Error": "no such host"}', 1)
    with pytest.raises(UserError, match="download failed: no such host"):
        module_folder(KARPENTER)


@pytest.mark.usefixtures("go")
def test_a_missing_go_says_what_sets_it_up() -> None:
    with pytest.raises(UserError, match=r"/go: not found\. Run `make schemas`"):
        module_folder(KARPENTER)


@pytest.mark.heavy
def test_the_checked_in_schemas_are_what_the_pinned_modules_give() -> None:
    assert stale_paths(SCHEMAS) == []


@pytest.mark.heavy
def test_a_changed_a_missing_and_a_surplus_file_are_stale(tmp_path: Path) -> None:
    for path, text in derive().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "surplus.json").write_text("{}")
    (tmp_path / "NOTICE").unlink()
    (tmp_path / "custom/definitions.json").write_text("{}")
    assert stale_paths(tmp_path) == ["NOTICE", "custom/definitions.json", "surplus.json"]


@pytest.mark.heavy
def test_a_real_module_with_a_wrong_pin_is_refused() -> None:
    with pytest.raises(UserError, match="pinned is h1:wrong"):
        module_folder(dataclasses.replace(KARPENTER, sum="h1:wrong"))
