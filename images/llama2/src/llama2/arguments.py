"""The command line of the training, which each node and each of its processes reads."""

import argparse
from pathlib import Path
from typing import NamedTuple, NoReturn

from genai.errors import InputError

DEVICES = ("cpu", "gpu", "neuron")
TASKS = ("check-network", "precompile", "train", "evaluate")
_FULL = TASKS[1:]
"""Tasks that need a model and its data."""

ORDER = "LLAMA2_ORDER"
"""Environment variable with the words of the command line as JSON, for the processes of a node."""

LEAST_GBITS = {"cpu": 0.05, "gpu": 40.0, "neuron": 40.0}
"""Rate in Gbit/s below which the network between nodes counts as slow. A choice, not a measurement: with
accelerators it is above what one TCP connection carries and below one EFA interface of 100 Gbit/s."""


class Settings(NamedTuple):
    """What a gang is to do; of check-network only the first four are set."""

    task: str
    device: str
    processes: int
    """Processes on each node."""

    least_gbits: float
    model: str = ""
    tokenizer: Path = Path()
    dataset: Path = Path()
    run: Path = Path()
    sequence_length: int = 0
    global_batch: int = 0
    tensor_parallel: int = 1
    steps: int = 0
    checkpoint_every: int = 0
    resume: bool = False


class Parser(argparse.ArgumentParser):
    """A parser that answers a mistake with one line."""

    def error(self, message: str) -> NoReturn:
        """Raise InputError."""
        raise InputError(f"{message}; {self.prog} --help says what there is")


def positive(text: str) -> int:
    """Read a whole number above 0."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return value


def parse(words: list[str]) -> Settings:
    """Read the command line. Raises InputError."""
    found = vars(_parser().parse_args(words))
    found["least_gbits"] = found["least_gbits"] or LEAST_GBITS[found["device"]]
    found["resume"] = found.get("resume") == "auto"
    return Settings(**found)


def check(settings: Settings, nodes: int) -> None:
    """Find a batch or a model that `nodes` can't share evenly. Raises InputError."""
    if settings.task == "check-network":
        return
    if settings.processes % settings.tensor_parallel:
        raise InputError(
            f"--tensor-parallel {settings.tensor_parallel} does not divide the {settings.processes} "
            f"processes of a node; write a divisor of {settings.processes}"
        )
    copies = nodes * settings.processes // settings.tensor_parallel
    if settings.global_batch % copies:
        raise InputError(
            f"--global-batch {settings.global_batch} can't be shared evenly by {copies} copies of the model; "
            f"write a multiple of {copies}"
        )


def _parser() -> Parser:
    parser = Parser(prog="python -m llama2.node")
    tasks = parser.add_subparsers(dest="task", required=True)
    for name in TASKS:
        task = tasks.add_parser(name)
        task.add_argument("--device", required=True, choices=DEVICES, help="what the nodes compute with")
        task.add_argument("--processes", required=True, type=positive, help="processes on each node")
        task.add_argument("--least-gbits", type=float, help="slowest network that check-network lets pass")
        if name in _FULL:
            _add_training(task)
    tasks.choices["train"].add_argument(
        "--resume", choices=["auto", "never"], default="auto", help="start from the newest good checkpoint"
    )
    return parser


def _add_training(task: argparse.ArgumentParser) -> None:
    task.add_argument("--model", required=True)
    for folder in ("tokenizer", "dataset", "run"):
        task.add_argument(f"--{folder}", required=True, type=Path)
    for number in ("sequence-length", "global-batch", "tensor-parallel", "steps", "checkpoint-every"):
        task.add_argument(f"--{number}", required=True, type=positive)
