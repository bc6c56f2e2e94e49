"""Pods without Kubernetes."""

import subprocess
from pathlib import Path

from pods import child, cluster


def test_a_pod_has_its_network_before_a_container_of_it_starts(tmp_path: Path) -> None:
    with cluster(tmp_path, {}) as made:
        made.gateway("10.251.0.1/24")
        for number in range(2, 7):
            sandbox = made.sandbox("pod", f"10.251.0.{number}/24", "10.251.0.1")
            look = ("nsenter", "--target", str(child(sandbox.pid)), "--net", "ip", "route")
            routes = subprocess.run(look, capture_output=True, text=True, check=True).stdout
            assert routes.startswith("default via 10.251.0.1 ")
