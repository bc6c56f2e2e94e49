"""A watch: what it shows after each edit, and that it leaves nothing behind."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.cli.copies import SOURCE, Copy

UNCHANGED = "0 changed, 0 added, 0 removed in dev\n"
LARGER = """\
node-pools
  ~ NodePool.karpenter.sh gpu
      spec.limits.cpu
        - "24"
        + "32"
      spec.limits.memory
        - 96Gi
        + 128Gi
      spec.limits.nodes
        - "3"
        + "4"
      spec.limits["nvidia.com/gpu"]
        - "3"
        + "4"

1 changed, 0 added, 0 removed in dev
"""
LINE = (SOURCE / "environments/dev.yaml").read_text().partition("max_nodes: 3\n")[0].count("\n") + 1
MISTAKE = (
    f'environments/dev.yaml:{LINE}: karpenter.node_pools.gpu.max_nodes: "many" is text; '
    "write a whole number, such as 2\n"
)
LABELLED = "karpenter\n  ~ ServiceAccount"
POOL = "      max_nodes: {}\n    gpu-shared:\n"
PATIENCE = 60
"""Seconds that anything may take on a busy machine; benchmarks/ measures what it takes."""


class Watch:
    """A watch that runs, and what it has shown."""

    def __init__(self, copy: Copy, process: "subprocess.Popen[bytes]", output: int) -> None:
        self.copy, self.process, self._output, self._text = copy, process, output, ""

    def shows(self, answer: str, *, edited: str = "environments/dev.yaml") -> bool:
        """Wait until the text that has not been asked for yet is this answer."""
        expected = f"{edited}: answered in # s\n{answer}\n"
        self.wait(lambda: self.text() == expected)
        assert self.text() == expected
        self.forget()
        return True

    def forget(self) -> None:
        self._text = ""

    def text(self) -> str:
        return re.sub(r"in \d+\.\d\d s", "in # s", self._text)

    def edit(self, old: object, new: object) -> None:
        """Write another size of the pool, in place."""
        self.copy.edit("environments/dev.yaml", POOL.format(old), POOL.format(new))

    def end(self, number: signal.Signals, *, group: bool = False) -> int:
        """Send a signal and give the exit code, once every process of the watch has ended."""
        (os.killpg if group else os.kill)(self.process.pid, number)
        code = self.process.wait(PATIENCE)
        self.wait(lambda: not self.alive())
        assert not self.alive()
        return code

    def wait(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition() and time.monotonic() < end:
            time.sleep(0.01)
            self._text += self._new()

    def _new(self) -> str:
        try:
            return os.read(self._output, 1 << 20).decode()
        except (BlockingIOError, OSError):  # a terminal that nobody writes to any more is an error
            return ""

    def alive(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def watching(copy: Copy, *, terminal: bool = False) -> Iterator[Watch]:
    output, theirs = pty.openpty() if terminal else os.pipe()
    os.set_blocking(output, False)
    process = subprocess.Popen(
        [sys.executable, "-m", "charts_src", "watch", "dev"],
        cwd=copy.root,
        env=copy.variables(TERM="xterm"),
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    watch = Watch(copy, process, output)
    try:
        yield watch
    finally:
        if watch.alive():
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(output)


def test_an_edit_is_answered_with_what_a_render_would_change_and_nothing_is_written(copy: Copy) -> None:
    before = copy.status()
    with watching(copy) as watch:
        assert watch.shows(UNCHANGED, edited="at the start")
        watch.edit(3, 4)
        assert watch.shows(LARGER)
        watch.edit(4, 3)
        assert watch.shows(UNCHANGED)
        assert copy.status() == before
        assert watch.end(signal.SIGINT) == 130
    assert not watch.text()


def test_a_mistake_is_shown_in_place_of_changes_and_its_repair_is_seen(copy: Copy) -> None:
    with watching(copy) as watch:
        assert watch.shows(UNCHANGED, edited="at the start")
        watch.edit(3, "many")
        assert watch.shows(MISTAKE)
        watch.edit("many", 4)
        assert watch.shows(LARGER)


@pytest.mark.heavy
def test_an_environment_that_is_deleted_and_comes_back_is_seen(copy: Copy) -> None:
    file = copy.root / "environments/dev.yaml"
    with watching(copy) as watch:
        assert watch.shows(UNCHANGED, edited="at the start")
        text = file.read_text()
        file.unlink()
        assert watch.shows('environments: has no environment "dev"; there are prod, staging\n')
        file.write_text(text)
        assert watch.shows(UNCHANGED)


def test_an_editor_may_save_by_renaming_a_new_file(copy: Copy) -> None:
    file = copy.root / "environments/dev.yaml"
    with watching(copy) as watch:
        assert watch.shows(UNCHANGED, edited="at the start")
        for old, new, answer in ((3, 4, LARGER), (4, 3, UNCHANGED)):
            fresh = file.with_name(".dev.yaml.swp")
            fresh.write_text(file.read_text().replace(POOL.format(old), POOL.format(new)))
            os.utime(fresh, ns=(1, 1))  # some keep the time of the old one
            fresh.replace(file)
            assert watch.shows(answer)


@pytest.mark.heavy
def test_what_all_environments_share_is_watched_too(copy: Copy) -> None:
    with watching(copy) as watch:
        assert watch.shows(UNCHANGED, edited="at the start")
        copy.append("environments/base.yaml", "# a remark\n")
        assert watch.shows(UNCHANGED, edited="environments/base.yaml")


@pytest.mark.heavy
def test_a_render_in_another_window_leaves_nothing_to_change(copy: Copy) -> None:
    with watching(copy) as watch:
        assert watch.shows(UNCHANGED, edited="at the start")
        watch.edit(3, 4)
        assert watch.shows(LARGER)
        copy.render("dev")
        assert watch.shows(UNCHANGED, edited="what is checked in")


@pytest.mark.heavy
def test_an_edit_of_the_code_is_loaded_even_after_one_that_cannot_be(copy: Copy) -> None:
    module = "charts_src/components/node_pools.py"
    with watching(copy) as watch:
        assert watch.shows(UNCHANGED, edited="at the start")
        watch.edit(3, 4)
        assert watch.shows(LARGER)
        text = (copy.root / module).read_text()
        copy.append(module, "no python\n")
        watch.wait(lambda: watch.text().endswith("SyntaxError: invalid syntax\n"))
        assert watch.text().endswith("SyntaxError: invalid syntax\n")
        watch.forget()
        (copy.root / module).write_text(text.replace("str(count)", "str(count + count // 4)"))
        assert watch.shows(LARGER.replace('"4"\n\n', '"5"\n\n'), edited="at the start")


@pytest.mark.parametrize(
    ("number", "group", "code"),
    [
        (signal.SIGINT, True, 130),  # Ctrl-C in a terminal
        (signal.SIGTERM, False, -signal.SIGTERM),
        (signal.SIGKILL, False, -signal.SIGKILL),
    ],
)
@pytest.mark.heavy
def test_no_process_is_left_behind(copy: Copy, number: signal.Signals, group: bool, code: int) -> None:
    with watching(copy) as watch:
        assert watch.shows(UNCHANGED, edited="at the start")
        assert watch.end(number, group=group) == code
        assert not watch.text()


def test_a_terminal_is_cleared_before_each_answer_which_is_in_color(copy: Copy) -> None:
    with watching(copy, terminal=True) as watch:
        watch.wait(lambda: watch.text().endswith("removed in dev\r\n\r\n"))
        watch.edit(3, 4)
        watch.wait(lambda: watch.text().endswith("1 changed, 0 added, 0 removed in dev\r\n\r\n"))
        screens = watch.text().split("\x1b[2J\x1b[H")
    first = f"at the start: answered in # s\n{UNCHANGED}\n"
    second = f"environments/dev.yaml: answered in # s\n{LARGER}\n"
    assert screens[1] == first.replace("\n", "\r\n")
    assert "\x1b[33m~ NodePool.karpenter.sh gpu\x1b[0m" in screens[2]
    assert re.sub(r"\x1b\[\d+m", "", screens[2]) == second.replace("\n", "\r\n")
