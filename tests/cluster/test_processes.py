"""Programs of planes end as a whole."""

import sys
from pathlib import Path

import psutil

from tools.cluster.processes import Processes
from tools.cluster.waiting import eventually

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_what_a_program_started_in_a_group_of_its_own_ends_with_it(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        parent = processes.start("parent", sys.executable, "-c", PARENT, grace=1)
        child = int(eventually(lambda: parent.log.read_text(encoding="utf-8").strip(), 10, parent.tail))
        assert psutil.pid_exists(child)
    eventually(lambda: not psutil.pid_exists(child), 10, "the child still runs")
