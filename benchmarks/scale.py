"""Does an environment cost the same, however many there are?"""

from functools import partial

import yaml

from benchmarks.measure import Answer, Row, Target, interleave, ratio
from benchmarks.sandbox import Run, Sandbox

LIMIT = 1.2


def measure(sandbox: Sandbox, counts: tuple[int, int, int], rounds: int) -> Answer:
    """Render ever more environments from nothing; `counts` rise."""
    prod = (sandbox.folder / "environments" / "prod.yaml").read_text()
    runs = interleave({number: partial(_render, sandbox, prod, number) for number in counts}, rounds)
    few, some, many = counts
    early, late = _one_more(runs, few, some), _one_more(runs, some, many)
    growth = ratio("the latter / the former", late.values, early.values)
    rows = [*(row for number in counts for row in _rows(number, runs[number])), early, late, growth]
    target = Target(f"an environment costs at most {LIMIT} times more among many", growth.median <= LIMIT)
    how = (
        "`render all`, with no component kept of earlier renders, of copies of prod, each with a name, an "
        "account and a cluster of its own. Memory is the peak of the largest process."
    )
    return Answer("Many environments", how, rows, [target])


def _render(sandbox: Sandbox, prod: str, number: int) -> Run:
    sandbox.empty()
    multiply(sandbox, prod, number)
    return sandbox.render("all")


def _rows(number: int, runs: list[Run]) -> list[Row]:
    return [
        Row(f"{number} environments", [run.seconds for run in runs], "s"),
        Row(f"{number} environments, each", [run.seconds / number * 1e3 for run in runs], "ms"),
        Row(f"{number} environments, memory", [run.megabytes for run in runs], "MB"),
    ]


def _one_more(runs: dict[int, list[Run]], few: int, many: int) -> Row:
    pairs = zip(runs[few], runs[many], strict=True)
    values = [(more.seconds - less.seconds) / (many - few) * 1e3 for less, more in pairs]
    return Row(f"one more, from {few} to {many}", values, "ms")


def multiply(sandbox: Sandbox, prod: str, number: int) -> None:
    """Replace all environments by copies of prod."""
    folder = sandbox.folder / "environments"
    for file in folder.glob("*.yaml"):
        if file.stem != "base":
            file.unlink()
    for index in range(number):
        (folder / f"copy-{index:03}.yaml").write_text(copy_of(prod, index))


def copy_of(prod: str, index: int) -> str:
    """Give an environment like prod another name, account and cluster, wherever they stand in its text."""
    settings = yaml.safe_load(prod)
    return (
        prod.replace(f"name: {settings['name']}\n", f"name: copy-{index:03}\n", 1)
        .replace(settings["aws"]["account"], f"{100_000_000_000 + index}")
        .replace(settings["cluster"]["name"], f"genai-copy-{index:03}")
    )
