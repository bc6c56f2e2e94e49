"""Runs the stand-in for AWS (aws.py) beside a plane; what takes it seconds to start goes on meanwhile."""

import json
import sys

from charts_src import ROOT
from tools.cluster import aws_answers
from tools.cluster.aws_seed import CREDENTIALS, seed
from tools.cluster.aws_setup import Setup
from tools.cluster.plane import Plane
from tools.cluster.ports import free_ports
from tools.cluster.processes import Process
from tools.cluster.waiting import answers, eventually


def start_aws(plane: Plane, setup: Setup) -> tuple[Process, str]:
    """Start the stand-in for AWS, which is empty at first; gives its process and address."""
    (port,) = free_ports(1)
    images, described = plane.folder / "images.json", plane.folder / "aws-setup.json"
    images.write_text(json.dumps(aws_answers.images()), encoding="utf-8")
    setup.write(described)
    process = plane.processes.start(
        "aws",
        *(sys.executable, "-m", "tools.cluster.aws", str(port), described),
        environ={"MOTO_AMIS_PATH": str(images), "PYTHONPATH": str(ROOT), **CREDENTIALS},
    )
    return process, f"http://127.0.0.1:{port}"


def fill_aws(process: Process, endpoint: str, setup: Setup) -> None:
    """Wait for the stand-in, and put into it what stands before Karpenter; TimeoutError after 60 s."""
    eventually(
        lambda: answers(f"{endpoint}/moto-api/"),
        60,
        lambda: f"the stand-in for AWS does not answer\n{process.tail()}",
    )
    seed(endpoint, setup)
