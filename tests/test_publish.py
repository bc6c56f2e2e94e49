"""A generated tree is on disk as a whole or not at all, whatever interrupts its publishing."""

import fcntl
import os
import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from charts_src.errors import UserError
from charts_src.publish import Files, publish

ROOT = Path(__file__).parents[1]
OLD = {
    "ray/deployment-head.yaml": "old\n",
    "ray/crds/x.yaml": "x\n",
    "stale.yaml": "s\n",
    "gone/a.yaml": "a\n",
}
NEW = {"ray/deployment-head.yaml": "new: é\n", "ray/crds/x.yaml": "x\n", "added/b.yaml": "b\n"}

# Publishes, over and over, trees of 40 files that all hold the same number.
PUBLISHER = """
import sys
from pathlib import Path
from charts_src.publish import publish
target, first, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
for number in range(first, first + rounds):
    publish({f"{folder}/{name}.yaml": f"{number}\\n" for folder in "abcd" for name in range(10)}, target)
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "rendered" / "prod"


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file of this process grow beyond 1,000 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def tree(root: Path) -> Files:
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }


def beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def start(target: Path, first: int, rounds: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PUBLISHER, str(target), str(first), str(rounds)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_a_first_publish_makes_the_tree_and_its_parents(target: Path) -> None:
    publish(NEW, target)
    assert tree(target) == NEW
    assert beside(target) == ["prod"]


def test_a_publish_replaces_the_tree_and_removes_what_is_stale(target: Path) -> None:
    publish(OLD, target)
    (target / "left-by-hand.txt").write_text("x")
    publish(NEW, target)
    assert tree(target) == NEW
    assert not (target / "gone").exists()
    assert beside(target) == ["prod"]


def test_an_empty_tree_is_an_empty_folder(target: Path) -> None:
    publish(OLD, target)
    publish({}, target)
    assert list(target.iterdir()) == []


def test_the_tree_is_replaced_in_one_step(target: Path) -> None:
    publish(OLD, target)
    before = target.stat().st_ino
    publish(NEW, target)
    assert target.stat().st_ino != before


def test_an_equal_tree_is_not_touched(target: Path) -> None:
    publish(NEW, target)
    paths = [target.parent, target, *target.rglob("*")]
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in paths]
    publish(dict(reversed(NEW.items())), target)
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in paths] == before


@pytest.mark.parametrize(
    "edit", ["text", "extra file", "extra folder", "executable", "link", "missing", "newline"]
)
def test_any_edit_by_hand_is_undone(target: Path, edit: str) -> None:
    publish(NEW, target)
    file = target / "added/b.yaml"
    match edit:
        case "text":
            file.write_text("edited\n")
        case "extra file":
            (target / "added/c.yaml").write_text("")
        case "extra folder":
            (target / "empty").mkdir()
        case "executable":
            file.chmod(0o755)
        case "link":
            file.rename(target.parent / "elsewhere")
            file.symlink_to(target.parent / "elsewhere")
        case "missing":
            file.unlink()
        case "newline":
            file.write_bytes(b"b\r\n")
    publish(NEW, target)
    assert tree(target) == NEW
    assert sorted(path.name for path in target.iterdir()) == ["added", "ray"]
    assert file.lstat().st_mode == 0o100644


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_modes_do_not_depend_on_the_umask(target: Path, mask: int) -> None:
    target.parent.mkdir()
    before = os.umask(mask)
    try:
        publish(NEW, target)
    finally:
        os.umask(before)
    assert {path.stat().st_mode for path in target.rglob("*.yaml")} == {0o100644}
    assert {path.stat().st_mode for path in (target, target / "ray", target / "ray/crds")} == {0o40755}


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", "", "."])
def test_a_path_that_is_not_relative_and_normalised_is_a_bug(target: Path, path: str) -> None:
    with pytest.raises(ValueError, match="not a normalised relative path"):
        publish({path: ""}, target)
    assert not target.exists()


@pytest.mark.parametrize("level", ["prod", "rendered"])
def test_a_link_is_refused_and_nothing_behind_it_changes(target: Path, tmp_path: Path, level: str) -> None:
    link = target if level == "prod" else target.parent
    link.parent.mkdir(exist_ok=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link.symlink_to(elsewhere)
    with pytest.raises(UserError) as caught:
        publish(NEW, target)
    assert str(caught.value) == (
        f"{link}: is a symbolic link, but generated files go there; remove or rename it, then run again"
    )
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("level", ["prod", "rendered"])
def test_a_file_in_the_place_of_the_tree_is_refused_and_kept(target: Path, level: str) -> None:
    file = target if level == "prod" else target.parent
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    with pytest.raises(UserError) as caught:
        publish(NEW, target)
    assert str(caught.value) == (
        f"{file}: is not a folder, but generated files go there; remove or rename it, then run again"
    )
    assert file.read_text() == "mine"


def test_a_full_disk_leaves_the_old_tree(target: Path, full_disk: None) -> None:  # noqa: ARG001
    publish(OLD, target)
    with pytest.raises(UserError) as caught:
        publish({"a.yaml": "a\n", "b.yaml": "b" * 2000}, target)
    assert str(caught.value).startswith(f"{target}: cannot be written: ")
    assert "File too large" in str(caught.value)
    assert tree(target) == OLD
    assert beside(target) == ["prod"]


def test_what_cannot_be_swept_away_is_named_and_leaves_the_old_tree(target: Path) -> None:
    publish(OLD, target)
    obstacle = target.parent / ".prod.stage"
    obstacle.write_text("")
    with pytest.raises(UserError, match=r"rendered/\.prod\.stage: Not a directory"):
        publish(NEW, target)
    assert tree(target) == OLD


def test_the_stage_of_a_killed_run_is_swept_even_if_nothing_changed(target: Path) -> None:
    publish(NEW, target)
    (target.parent / ".prod.stage" / "ray").mkdir(parents=True)
    (target.parent / ".prod.stage" / "ray" / "half.yaml").write_text("ha")
    publish(NEW, target)
    assert beside(target) == ["prod"]


def test_a_publisher_waits_for_the_one_at_work(target: Path) -> None:
    publish(OLD, target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    waiting = threading.Thread(target=publish, args=(NEW, target))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    assert tree(target) == OLD
    os.close(descriptor)
    waiting.join(10)
    assert tree(target) == NEW


def test_publishers_at_the_same_time_leave_the_whole_tree_of_one(target: Path) -> None:
    publishers = [start(target, 1000 * index, 20) for index in range(4)]
    assert [publisher.wait(60) for publisher in publishers] == [0, 0, 0, 0]
    texts = list(tree(target).values())
    assert len(texts) == 40
    assert len(set(texts)) == 1
    assert int(texts[0]) % 1000 == 19
    assert beside(target) == ["prod"]


def kill_publishers(target: Path, kills: int) -> None:
    rng = random.Random(kills)
    interrupted = 0
    for kill in range(kills):
        publisher = start(target, 1000 * kill, 1000)
        while not (target.exists() and ".prod.stage" in beside(target)):
            time.sleep(0.0005)
        time.sleep(rng.uniform(0, 0.03))
        publisher.kill()
        assert publisher.wait() == -9
        interrupted += ".prod.stage" in beside(target)
        texts = list(tree(target).values())
        assert len(texts) == 40
        assert len(set(texts)) <= 1, f"kill {kill}: two trees mixed"
    assert interrupted > kills / 4  # else the kills came between publishes and show nothing
    publish(NEW, target)
    assert tree(target) == NEW
    assert beside(target) == ["prod"]


def test_20_kills_while_publishing_leave_no_torn_tree(target: Path) -> None:
    target.parent.mkdir()
    kill_publishers(target, 20)


@pytest.mark.heavy
def test_200_kills_while_publishing_leave_no_torn_tree(target: Path) -> None:
    target.parent.mkdir()
    kill_publishers(target, 200)


def test_a_file_system_without_exchange_gets_the_files_one_by_one(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charts_src.publish._exchange", lambda _stage, _target: False)
    publish(OLD | {"added": "a file where a folder comes\n", "file/was-a-folder.yaml": ""}, target)
    (target / "ray/link.yaml").symlink_to(target)
    new = NEW | {"file": "a file where a folder was\n"}
    publish(new, target)
    assert tree(target) == new
    assert not (target / "gone").exists()
    assert beside(target) == ["prod"]
