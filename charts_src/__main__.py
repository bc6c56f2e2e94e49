"""python -m charts_src COMMAND: see `make help`."""

import gc
import signal
import sys

gc.disable()  # a short life with little garbage: collecting it costs a tenth of a render

try:
    from charts_src.cli import main

    code = main(sys.argv[1:])
except KeyboardInterrupt:  # while importing
    code = 130
signal.signal(signal.SIGINT, signal.SIG_IGN)  # only tidying up is left
sys.exit(code)
