"""python -m charts_src COMMAND: see `make help`."""

import sys

from charts_src.cli import main

sys.exit(main(sys.argv[1:]))
