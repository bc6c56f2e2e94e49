"""python -m charts_src COMMAND: see `make help`."""

import gc
import os
import sys

gc.disable()  # a short life with little garbage: collecting it costs a tenth of a render

try:
    from charts_src.cli import main

    code = main(sys.argv[1:])
except KeyboardInterrupt:  # while importing
    code = 130
sys.stderr.flush()
os._exit(code)  # main has flushed its output; jsii's farewell would wait for Node, which ends by itself
