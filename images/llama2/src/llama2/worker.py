"""One process of the gang; torchrun starts one for each NeuronCore or GPU, or one on CPUs."""

import ctypes
import json
import logging
import os
import signal
import sys

from genai.errors import InputError
from llama2 import training
from llama2.arguments import ORDER, parse
from llama2.backends import connect

_TASKS = {
    "check-network": training.check_network,
    "precompile": training.precompile,
    "train": training.train,
    "evaluate": training.evaluate,
}
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Do the task; end with 2 where the input is wrong, and 1 where the gang can't go on."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    # Open MPI may end torchrun before it could end us: then nobody else would.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    settings = parse(json.loads(os.environ[ORDER]))
    backend = connect(settings)
    try:
        _TASKS[settings.task](settings, backend)
    except (InputError, training.BrokenError) as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        sys.exit(2 if isinstance(error, InputError) else 1)
    backend.close()
    if settings.device != "neuron":
        _end()


def _end() -> None:
    """End well and at once: where Python ends in good order, a thread that Gloo still has may abort it.

    Source: pytorch/pytorch#179291.
    """
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
