"""Removes all but the newest good checkpoints of each run, and broken ones that are older than these."""

from pathlib import Path

from genai import checkpoints, errors
from genai.errors import InputError
from llama2.arguments import Parser, positive
from llama2.runs import CHECKPOINTS


def main() -> None:
    """Read the command line and prune each run."""
    parser = Parser(prog="python -m llama2.prune", description=__doc__)
    parser.add_argument("--runs", required=True, type=Path, help="folder of all runs")
    parser.add_argument("--keep", required=True, type=positive, help="good checkpoints to leave in each run")
    options = parser.parse_args()
    if options.runs.exists() and not options.runs.is_dir():
        raise InputError(f"--runs {options.runs}: no folder; name the one with the runs")
    for root in sorted(options.runs.glob(f"*/{CHECKPOINTS}")):
        removed = checkpoints.prune(root, options.keep)
        left = [each.step for each in checkpoints.all_of(root)]
        print(f"{root}: removed {[path.name for path in removed]}, left steps {left}")


if __name__ == "__main__":
    errors.run(main)
