"""The ledger says what is pinned, and what is past or near its end on a given day."""

from datetime import date
from pathlib import Path

import pytest

from charts_src.errors import UserError
from charts_src.ledger import Pin, due, pins

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
