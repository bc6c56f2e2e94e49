"""Train as the command line says: accelerate launch ... -m stable_diffusion_finetune.train --help."""

import logging
import sys
from datetime import timedelta

from accelerate import Accelerator, InitProcessGroupKwargs

from genai import errors
from stable_diffusion_finetune.options import parse
from stable_diffusion_finetune.training import Step, train


def main() -> None:
    """Train with as many processes as Accelerate started."""
    options = parse(sys.argv[1:])
    # The others wait while the first one downloads the base model.
    patience = InitProcessGroupKwargs(timeout=timedelta(hours=1))
    accelerator = Accelerator(kwargs_handlers=[patience])
    level = logging.INFO if accelerator.is_main_process else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s")
    train(options, accelerator, _say_nothing)


def _say_nothing(_: Step) -> None:
    """The log is all that there is to say: nobody asks the pod of a workflow for metrics."""


if __name__ == "__main__":
    errors.run(main)
