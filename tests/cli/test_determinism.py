"""Rendering gives the same bytes whatever it runs in."""

import itertools
import shutil

import pytest

from tests.cli.copies import TREES, Copy

SURROUNDINGS = list(
    zip(
        [str(seed) for seed in (0, 1, 2, 3, 5, 8, 13, 2**16, 2**31, 2**32 - 1)],
        itertools.cycle(["UTC", "America/St_Johns", "Pacific/Kiritimati"]),
        itertools.cycle(["C", "C.UTF-8"]),
        itertools.cycle([".", "/"]),
    )
)
"""PYTHONHASHSEED, TZ, LC_ALL and working directory."""


def digests(copy: Copy, number: int) -> list[str]:
    found = []
    for seed, zone, locale, folder in SURROUNDINGS[:number]:
        for tree in TREES:
            shutil.rmtree(copy.root / tree)
        done = copy.shell(
            f"cd {folder}; $charts render --full all",
            PYTHONHASHSEED=seed,
            TZ=zone,
            LC_ALL=locale,
        )
        assert (done.returncode, done.stderr) == (0, "")
        found.append(copy.digest())
    return found


def test_3_surroundings_give_the_same_bytes(copy: Copy) -> None:
    before = copy.digest()
    assert len(copy.files()) > 180
    assert digests(copy, 3) == [before] * 3


@pytest.mark.heavy
def test_10_surroundings_give_the_same_bytes_of_all_components(whole: Copy) -> None:
    before = whole.digest()
    assert len(whole.files()) > 2000
    assert digests(whole, 10) == [before] * 10


def test_an_environment_rendered_alone_is_as_rendered_with_the_others(copy: Copy) -> None:
    before = copy.files()
    shutil.rmtree(copy.root / "rendered" / "staging")
    assert "staging: 0 changed, " in copy.render("--full", "staging")
    assert copy.files() == before
