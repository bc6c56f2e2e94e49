"""How long does a person wait for a watch after saving an environment?"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from time import perf_counter

from benchmarks.measure import Answer, Row, Target
from benchmarks.sandbox import Sandbox

LIMIT = 0.3
_END = b" in dev\n\n"
_POOL = re.compile(r"(max_nodes: )\d+")
_ACCOUNT = re.compile(r"(registry: )\d{12}")


def measure(sandbox: Sandbox, rounds: int) -> Answer:
    """Time a watch from the end of an edit until the last line of its answer is there."""
    sandbox.render("dev")
    edits = {
        "the size of a node pool": (_POOL, count(20)),
        "the registry of all images": (_ACCOUNT, count(222222222222)),
    }
    with _watch(sandbox) as output:
        found = {
            what: [_answered(sandbox, output, pattern, str(next(numbers))) for _ in range(rounds)]
            for what, (pattern, numbers) in edits.items()
        }
    rows = [Row(what, seconds, "s") for what, seconds in found.items()]
    how = (
        "`watch dev` runs. An edit of `environments/dev.yaml` gives one value another one, and the changes "
        "of all objects that follow are read from the output. 12 of 57 components read the node pools, "
        "nearly all read the registry."
    )
    target = Target(f"a node pool within {LIMIT} s", rows[0].median <= LIMIT)
    return Answer("From an edit to what it changes", how, rows, [target])


def _answered(sandbox: Sandbox, output: int, pattern: re.Pattern[str], value: str) -> float:
    file = sandbox.folder / "environments" / "dev.yaml"
    text, edits = pattern.subn(rf"\g<1>{value}", file.read_text(), count=1)
    if not edits:
        raise ValueError(f"no {pattern.pattern} in the environment")
    begin = perf_counter()
    file.write_text(text)
    if b" changed, " not in _answer(output):
        raise ValueError("the watch shows no changes")
    return perf_counter() - begin


def _answer(output: int) -> bytes:
    """Read up to the end of an answer. Raises EOFError when the watch ends instead."""
    answer = b""
    while not answer.endswith(_END):
        part = os.read(output, 1 << 20)
        if not part:
            raise EOFError("the watch has ended")
        answer += part
    return answer


@contextmanager
def _watch(sandbox: Sandbox) -> Iterator[int]:
    """Start a watch, wait for its first answer, and give the pipe of the others."""
    command = [sys.executable, "-m", "charts_src", "watch", "dev"]
    process = subprocess.Popen(command, cwd=sandbox.folder, stdout=subprocess.PIPE)
    try:
        if process.stdout is None:
            raise ValueError("the watch has no output")
        _answer(process.stdout.fileno())
        yield process.stdout.fileno()
    finally:
        process.terminate()
        process.wait()
