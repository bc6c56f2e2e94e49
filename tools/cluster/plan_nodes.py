"""Print the nodes that an environment's workloads make Karpenter launch, before any cloud exists.

python -m tools.cluster.plan_nodes ENV [--json]
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from charts_src.errors import UserError
from charts_src.lib.prices import prices
from charts_src.objects import Body
from tools.cluster.api import Api
from tools.cluster.karpenter import NODE_CLAIM, NODE_POOL, condition, start_karpenter
from tools.cluster.node_plan import NodePlan, Seen, planned, reason_of
from tools.cluster.pending import PLATFORM, WORKLOAD, pods_for, workloads
from tools.cluster.plane import plane
from tools.cluster.waiting import eventually

NAMESPACE = "plan"
_SECONDS = 180
"""Longest wait until each pod has a node or a reason."""
_STEADY = 12
"""Seconds without a change after which nothing more comes: Karpenter looks at new pods for 10 s at most."""


def plan(env: str) -> NodePlan:
    """Run a plane and Karpenter, and give them the pods of all workloads, each with its most copies.

    Raises UserError for a problem in the environment or a missing tool, and TimeoutError.
    """
    platform, others = _pods(env)
    with tempfile.TemporaryDirectory() as folder, plane(Path(folder) / "plane") as running:
        karpenter = start_karpenter(running, env)
        open_namespace(running.api, NAMESPACE)
        # What is always there has its place before a workload comes.
        eventually(lambda: settled(running.api, platform), _SECONDS, karpenter.process.tail)
        check = steady(lambda: settled(running.api, platform + others), _STEADY)
        seen = eventually(check, _SECONDS, karpenter.process.tail)
        return planned(env, karpenter.setup.region, prices(), seen)


def _pods(env: str) -> tuple[list[Body], list[Body]]:
    """Give the pods of the platform, and those of all other workloads."""
    pods = [pod for workload in workloads(env) for pod in pods_for(workload, NAMESPACE)]
    of_platform = [pod for pod in pods if pod["metadata"]["labels"][WORKLOAD] == PLATFORM]
    return of_platform, [pod for pod in pods if pod not in of_platform]


def open_namespace(api: Api, name: str) -> None:
    """Make a namespace, and wait until pods can be created in it."""
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    eventually(
        lambda: api.get("v1", "ServiceAccount", "default", name), 60, f"no default ServiceAccount in {name}"
    )


def present(api: Api, wanted: list[Body]) -> list[Body]:
    """Create those of some pods, all of one namespace, that are not there, and give the pods that are.

    The daemons of a new node preempt pods that came to it before them; controllers would make those anew.
    """
    namespace = wanted[0]["metadata"]["namespace"]
    found = api.list("v1", "Pod", namespace)
    have = {pod["metadata"]["name"] for pod in found}
    missing = [pod for pod in wanted if pod["metadata"]["name"] not in have]
    return found + [api.create(pod) for pod in missing]


def settled(api: Api, pods: list[Body]) -> Seen | None:
    """Give what there is when each pod has a node or a reason to wait, and each node has joined."""
    live = present(api, pods)
    seen = Seen(api.list(*NODE_CLAIM), live, api.list("v1", "Event"), api.list(*NODE_POOL))
    joined = all(condition(claim, "Initialized").get("status") == "True" for claim in seen.claims)
    return seen if joined and all(_decided(pod, seen) for pod in seen.pods) else None


def steady(look: Callable[[], Seen | None], seconds: float) -> Callable[[], Seen | None]:
    """Give a check that gives what `look` gives once no pod has changed its place for that time.

    A pod that Karpenter has refused may get a place after all, which another left or never took.
    """
    places: dict[str, str] | None = None
    since = time.monotonic()

    def check() -> Seen | None:
        nonlocal places, since
        seen = look()
        found = seen.places() if seen else None
        if found != places:
            places, since = found, time.monotonic()
        return seen if time.monotonic() - since >= seconds else None

    return check


def _decided(pod: Body, seen: Seen) -> bool:
    return bool(pod["spec"].get("nodeName") or reason_of(pod, seen.events))


def main() -> int:
    """Run the command; gives its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("env")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        found = plan(arguments.env)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except TimeoutError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(found.data(), indent=2) if arguments.json else found.text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
