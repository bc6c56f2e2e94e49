"""What `make plan-nodes` prints of dev, whose limits do not hold all workloads at their largest."""

import json
import subprocess
import sys
from typing import Any

import pytest

from charts_src import ROOT


@pytest.fixture(scope="module")
def plan() -> Any:
    command = [sys.executable, "-m", "tools.cluster.plan_nodes", "dev", "--json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
