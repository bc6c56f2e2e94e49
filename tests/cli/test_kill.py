"""A render that is killed leaves each folder as it was or as it will be."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.copies import Copy, finish

if TYPE_CHECKING:
    import subprocess

FOLDERS = ("rendered/prod", "argocd/prod", "argocd/bootstrap/prod")
STAGES = ("rendered/.prod.stage", "argocd/.prod.stage", "argocd/bootstrap/.prod.stage")
VARIANTS = ("registry: 777788889999.dkr", "registry: 999988887777.dkr")
REVISIONS = ("engine: eks-capability\n", "engine: eks-capability\n  revision: release\n")

Trees = dict[str, dict[str, bytes]]


def trees(copy: Copy) -> Trees:
    return {folder: copy.files(folder) for folder in FOLDERS}


def turn(copy: Copy, new: int) -> None:
    """Change inputs so that each of the folders changes."""
    copy.edit("environments/prod.yaml", VARIANTS[1 - new], VARIANTS[new])
    text = (copy.root / "environments/prod.yaml").read_text().replace("  revision: release\n", "")
    (copy.root / "environments/prod.yaml").write_text(text.replace(REVISIONS[0], REVISIONS[new]))


def both_trees(copy: Copy) -> list[Trees]:
    old = trees(copy)
    turn(copy, 1)
    copy.render("--full", "prod")
    new = trees(copy)
    assert all(old[folder] != new[folder] for folder in FOLDERS)
    return [old, new]


def wait_for_a_stage(copy: Copy, process: "subprocess.Popen[str]") -> None:
    while process.poll() is None and not any((copy.root / stage).exists() for stage in STAGES):
        time.sleep(0.0002)


def kill_renders(copy: Copy, kills: int) -> None:
    """Kill every other render at any moment, the others while they replace folders."""
    rng = random.Random(kills)
    known = both_trees(copy)
    begun = time.monotonic()
    copy.render("--full", "prod")
    duration = time.monotonic() - begun
    interrupted = 0
    for kill in range(kills):
        turn(copy, kill % 2)
        render = copy.start("render", "--full", "prod")
        if kill % 2:
            time.sleep(rng.uniform(0, duration))
        else:
            wait_for_a_stage(copy, render)
            time.sleep(rng.uniform(0, 0.02))
        with suppress(ProcessLookupError):  # it may have come to its end
            os.killpg(render.pid, signal.SIGKILL)
        finish(render)
        interrupted += any((copy.root / stage).exists() for stage in STAGES)
        for folder, found in trees(copy).items():
            assert found in (known[0][folder], known[1][folder]), f"kill {kill}: {folder} is torn"
    assert interrupted >= kills / 10  # else the kills show nothing
    copy.render("--full", "prod")
    assert trees(copy) == known[(kills - 1) % 2]
    assert [stage for stage in STAGES if Path(copy.root, stage).exists()] == []
    assert copy.run("render", "--verify", "prod").returncode == 0


def test_4_kills_leave_no_torn_tree(copy: Copy) -> None:
    kill_renders(copy, 4)


@pytest.mark.heavy
def test_200_kills_leave_no_torn_tree(copy: Copy) -> None:
    kill_renders(copy, 200)
