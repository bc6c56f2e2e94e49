"""python -m benchmarks [--quick]: measure everything and rewrite benchmarks/README.md; see `make benchmark`.

With --quick, few rounds of little, printed and not written: to see that the benchmarks work.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from benchmarks import again, emitter, peers, scale, watch
from benchmarks.measure import Answer
from benchmarks.report import machine, to_markdown
from benchmarks.sandbox import Sandbox
from charts_src.commands import CHARTS

README = Path(__file__).with_name("README.md")


def main() -> None:
    """Measure, then print or write the report."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds of little, printed")
    quick = parser.parse_args().quick
    measured_on = machine()
    with TemporaryDirectory() as folder:
        answers = [ask() for ask in _watched(_questions(Sandbox(Path(folder) / "copy"), quick=quick))]
    text = to_markdown(answers, measured_on)
    if quick:
        print(text)
    else:
        README.write_text(text + "\n")


def _questions(sandbox: Sandbox, *, quick: bool) -> list[Callable[[], Answer]]:
    """List the measurements in the order in which they run: the last one replaces the environments."""
    rounds, counts = (2, (1, 2, 4)) if quick else (5, (10, 50, 200))
    return [
        lambda: peers.measure(sandbox, peers.Programs(), CHARTS, rounds),
        lambda: again.measure_no_op(sandbox, rounds * 3),
        lambda: again.measure_change(sandbox, rounds),
        lambda: watch.measure(sandbox, rounds * 3),
        lambda: emitter.measure(emitter.SIZE, rounds),
        lambda: scale.measure(sandbox, counts, (rounds + 1) // 2),
    ]


def _watched(questions: list[Callable[[], Answer]]) -> Iterable[Callable[[], Answer]]:
    console = Console(stderr=True)
    return track(questions, "Measuring", console=console, disable=not sys.stderr.isatty(), transient=True)


if __name__ == "__main__":
    main()
