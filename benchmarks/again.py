"""What does a render cost that has nothing, or little, to do?"""

import re
from itertools import count

from benchmarks.measure import Answer, Row, Target, interleave, ratio
from benchmarks.sandbox import Sandbox

LIMIT = 0.15
_PYTHON = "python -c pass"
_NODE_FREE = (
    "import sys\n"
    "from charts_src.cli import main\n"
    "sys.exit(main(['render', 'all']) or 'jsii' in sys.modules)"  # jsii is what starts Node
)
_NUMBER = re.compile(r"(max_nodes: )\d+")


def measure_no_op(sandbox: Sandbox, rounds: int) -> Answer:
    """Time a render that finds everything up to date."""
    sandbox.render("all")
    sandbox.python("-c", _NODE_FREE)
    alternatives = {
        "render all": lambda: sandbox.render("all").seconds,
        _PYTHON: lambda: sandbox.python("-c", "pass").seconds,
    }
    found = interleave(alternatives, rounds)
    extra = [ours - bare for ours, bare in zip(found["render all"], found[_PYTHON], strict=True)]
    rows = [*(Row(what, values, "s") for what, values in found.items()), Row("difference", extra, "s")]
    target = Target(f"difference at most {LIMIT} s, without Node", rows[-1].median <= LIMIT)
    how = (
        "`render all` after a render, against a Python that does nothing. The run fails if Node's bridge "
        "loads."
    )
    return Answer("A render with nothing to do", how, rows, [target])


def measure_change(sandbox: Sandbox, rounds: int) -> Answer:
    """Time a render after a change in one component, and prove that it gives what a full one gives."""
    sandbox.render("all")
    file = sandbox.folder / "environments" / "prod.yaml"
    numbers = count(20)

    def seconds(*arguments: str) -> float:
        file.write_text(resized(file.read_text(), next(numbers)))
        return sandbox.render(*arguments, "all").seconds

    found = interleave({"render all": seconds, "render --full all": lambda: seconds("--full")}, rounds)
    seconds()
    sandbox.render("--verify", "all")
    rows = [Row(what, values, "s") for what, values in found.items()]
    part = ratio("render all / render --full all", found["render all"], found["render --full all"])
    targets = [
        Target("a render after a change is faster than a full one", part.median < 1),
        Target("`render --verify all` exits 0 after it", met=True),  # else the benchmark has failed
    ]
    how = "Before each run, the size of one node pool in `environments/prod.yaml` gets a new value."
    return Answer("A change in one component", how, [*rows, part], targets)


def resized(text: str, nodes: int) -> str:
    """Give the first node pool of an environment another size."""
    changed, edits = _NUMBER.subn(rf"\g<1>{nodes}", text, count=1)
    if not edits:
        raise ValueError(f"no {_NUMBER.pattern} in the environment")
    return changed
