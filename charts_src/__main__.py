"""python -m charts_src COMMAND: see `make help`."""

import gc
import os
import signal
import sys

gc.disable()  # a short life with little garbage: collecting it costs a tenth of a render


def _run() -> int:
    from charts_src.cli import main

    return main(sys.argv[1:])


# Ctrl-C ends all at once, as a kill does: folders are replaced in one step, so they are whole at any moment.
# An exception would not do: while pydantic builds a model it comes out as an error of the schema.
signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(130))
code = _run()
signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done but jsii's farewell to Node
sys.exit(code)
