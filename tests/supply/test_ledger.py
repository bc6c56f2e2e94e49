"""The ledger says what is pinned, and what is past or near its end on a given day."""

import re
from datetime import date
from pathlib import Path

import pytest

from charts_src import ROOT
from charts_src.config import load
from charts_src.errors import UserError
from charts_src.ledger import Pin, due, pins
from charts_src.policy.images import named
from charts_src.proofs.tree import read_objects
from charts_src.state import ENVIRONMENTS

GOOD = """\
- name: operator
  kind: image
  value: quay.io/example/operator:v1
  source: example.com/operator@v1 values.yaml
  read: 2026-11-24
  supported_until: 2027-03-01
"""
TODAY = date(2026, 11, 24)


def written(folder: Path, text: str) -> Path:
    (folder / "part.yaml").write_text(text)
    return folder


def pin(**fields: object) -> Pin:
    given = {"name": "a", "kind": "version", "value": "1", "source": "b", "read": TODAY}
    return Pin.model_validate(given | fields)


def test_an_entry_is_read(tmp_path: Path) -> None:
    (found,) = pins(written(tmp_path, GOOD))
    assert (found.value, found.supported_until) == ("quay.io/example/operator:v1", date(2027, 3, 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("  read: 2026-11-24\n", ""), "part.yaml: entry 1: read: Field required"),
        (GOOD.replace("kind: image", "kind: picture"), "part.yaml: entry 1: kind: Input should be 'version'"),
        (GOOD + "  owner: someone\n", "part.yaml: entry 1: owner: Extra inputs are not permitted"),
        (GOOD + GOOD, "part.yaml: entry 2: quay.io/example/operator:v1 has an entry already; keep one"),
        ("name: operator\n", "is no list of entries"),
    ],
)
def test_an_entry_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as refusal:
        pins(written(tmp_path, text))
    assert message in str(refusal.value)


def test_what_is_past_comes_first_then_what_is_near_then_what_was_read_long_ago() -> None:
    entries = [
        pin(value="far", supported_until=date(2028, 1, 1)),
        pin(value="old", read=date(2025, 1, 1)),
        pin(value="near", supported_until=date(2027, 1, 1)),
        pin(value="past", supported_until=date(2026, 11, 23)),
        pin(value="last day", supported_until=TODAY),
    ]
    assert [(each.state, each.pin.value) for each in due(entries, TODAY)] == [
        ("past", "past"),
        ("near", "last day"),
        ("near", "near"),
        ("stale", "old"),
    ]


def test_a_line_says_what_and_when() -> None:
    (found,) = due([pin(name="operator", value="v1", supported_until=date(2026, 11, 1))], TODAY)
    assert str(found) == "past  2026-11-01 operator: v1 (support ended 2026-11-01)"


RENDERED = sorted(path for path in (ROOT / "rendered").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", RENDERED, ids=lambda path: path.name)
def test_every_image_of_upstream_that_is_rendered_has_an_entry(folder: Path) -> None:
    registry = load(folder.name, ENVIRONMENTS).registry
    pinned = {_anywhere(each.value) for each in pins() if each.kind == "image"}
    found = {
        _anywhere(image)
        for body in read_objects(folder).values()
        for _, image in named(body, "")
        if not image.startswith(f"{registry}/")
    }
    assert len(found) > 40
    assert found <= pinned


def test_nothing_is_past_its_end_on_the_day_of_the_check() -> None:
    assert [str(each) for each in due(pins(), TODAY) if each.state == "past"] == []


def _anywhere(image: str) -> str:
    """Leave out the region of an EKS add-on's registry, which is that of the environment."""
    return re.sub(r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/", "", image.partition("@")[0])
