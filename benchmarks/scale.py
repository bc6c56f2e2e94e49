"""Does an environment cost the same, however many there are?"""

from collections.abc import Sequence

import yaml

from benchmarks.measure import Answer, Row, Target
from benchmarks.sandbox import Run, Sandbox

LIMIT = 1.2


def measure(sandbox: Sandbox, counts: Sequence[int]) -> Answer:
    """Render ever more environments from nothing; `counts` are three numbers in rising order."""
    prod = (sandbox.folder / "environments" / "prod.yaml").read_text()
    runs = {number: _render(sandbox, prod, number) for number in counts}
    rows = [row for number, run in runs.items() for row in _rows(number, run)]
    few, some, many = (runs[number].seconds for number in counts)
    first, last = (some - few) / (counts[1] - counts[0]), (many - some) / (counts[2] - counts[1])
    growth = Row("one more of many / one more of few", [last / first], "x")
    each = [
        Row(f"one more, from {counts[0]} to {counts[1]}", [first * 1e3], "ms"),
        Row(f"one more, from {counts[1]} to {counts[2]}", [last * 1e3], "ms"),
    ]
    target = Target(f"one more of many costs at most {LIMIT} times one more of few", growth.median <= LIMIT)
    how = (
        "`render all`, with nothing kept of earlier renders, of copies of prod, each with a name, an account "
        "and a cluster of its own. Memory is the peak of the largest process. One run each: they are long."
    )
    return Answer("Many environments", how, [*rows, *each, growth], [target])


def _render(sandbox: Sandbox, prod: str, number: int) -> Run:
    sandbox.empty()
    multiply(sandbox, prod, number)
    return sandbox.render("all")


def _rows(number: int, run: Run) -> list[Row]:
    return [
        Row(f"{number} environments", [run.seconds], "s"),
        Row(f"{number} environments, each", [run.seconds / number * 1e3], "ms"),
        Row(f"{number} environments, memory", [run.megabytes], "MB"),
    ]


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
