"""python -m charts_src COMMAND: see `make help`."""

import signal
import sys

try:
    from charts_src.cli import main

    code = main(sys.argv[1:])
except KeyboardInterrupt:  # while importing
    code = 130
signal.signal(signal.SIGINT, signal.SIG_IGN)  # only tidying up is left
sys.exit(code)
