"""Karpenter's AWS provider, as it is released, on a plane: with what an environment renders, against moto.

It runs as its rendered ServiceAccount, with the settings of its rendered Deployment but for DEVIATIONS.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from charts_src import ROOT
from charts_src.lib.quantities import amount, millicores
from charts_src.objects import Body
from tools.cluster.api import Api
from tools.cluster.aws_process import fill_aws, start_aws
from tools.cluster.aws_seed import CREDENTIALS
from tools.cluster.aws_setup import Setup, setup_of
from tools.cluster.binaries import binary
from tools.cluster.plane import Plane
from tools.cluster.ports import free_ports
from tools.cluster.processes import Process
from tools.cluster.tree import rendered, rendered_objects, tree, wait_established
from tools.cluster.waiting import eventually

DEVIATIONS = {
    "AWS_ENDPOINT_URL": "calls go to the stand-in, which has no SQS events, no IMDS and no price list",
    "AWS_ACCESS_KEY_ID": "there is no EKS Pod Identity; the stand-in takes any credentials",
    "AWS_SECRET_ACCESS_KEY": "as above",
    "AWS_EC2_METADATA_DISABLED": "as above",
    "INTERRUPTION_QUEUE": "nothing sends interruptions",
    "ISOLATED_VPC": "no AWS price list: Karpenter uses the On-Demand prices that it is built with",
    "METRICS_PORT": "many may run on one machine",
    "HEALTH_PROBE_PORT": "as above",
    "LOG_LEVEL": "debug, to say more in a failed test",
    "LEADER_ELECTION_NAMESPACE": "it finds the namespace of its lease only inside a cluster",
    "KUBECONFIG": "it runs outside the cluster, with a token of its ServiceAccount",
}
"""What differs from the rendered Deployment, and why."""

NODE_CLASS = ("karpenter.k8s.aws/v1", "EC2NodeClass")
NODE_POOL = ("karpenter.sh/v1", "NodePool")
NODE_CLAIM = ("karpenter.sh/v1", "NodeClaim")

_NAMESPACE = "karpenter"
_OWN = ("karpenter-crds", "karpenter", "node-pools")
_NOT_HERE = ("Deployment", "ServiceMonitor")
"""Kinds of Karpenter's own objects that are left out: it runs as a process, and nothing scrapes it."""
_EVERYWHERE = ("Namespace", "PriorityClass", "ServiceAccount", "DaemonSet")
"""Kinds that are applied for all components: what the daemons of a node ask for counts in its size."""


@dataclass
class Karpenter:
    """Karpenter and what plays the part of AWS and of kubelets for it."""

    process: Process
    aws: Process
    joiner: Process
    endpoint: str
    setup: Setup


def start_karpenter(plane: Plane, env: str) -> Karpenter:
    """Apply what Karpenter needs of an environment, start it, and wait until all its pools are ready.

    The processes end with the plane. Raises UserError when it is not built, Refused, and TimeoutError with
    the end of a log.
    """
    setup = setup_of(ROOT / "rendered" / env, rendered_objects(env), _minor(plane.api))
    aws, endpoint = start_aws(plane, setup)
    apply_for_karpenter(plane.api, env)
    fill_aws(aws, endpoint, setup)
    joiner = plane.processes.start(
        "joiner",
        *(sys.executable, "-m", "tools.cluster.joiner", plane.url, plane.api.authority),
        environ={"KUBE_TOKEN": plane.api.token, "PYTHONPATH": str(ROOT)},
    )
    process = plane.processes.start(
        "karpenter", binary("karpenter"), environ=settings(env) | _instead(plane, endpoint)
    )
    found = Karpenter(process, aws, joiner, endpoint, setup)
    _wait(plane.api, process)
    return found


def _wait(api: Api, process: Process) -> None:
    """Wait until all pools are ready, or Karpenter has ended."""

    def failed() -> str:
        return "not ready: " + "; ".join(_unready(api)) + f"\n{process.tail()}"

    eventually(lambda: not process.alive() or all_ready(api), 90, failed)
    if not process.alive():
        raise TimeoutError(failed())


def apply_for_karpenter(api: Api, env: str) -> None:
    """Apply Karpenter's rendered objects, and of the others those that count in the size of nodes."""
    chosen = [
        body
        for wave in tree(env)
        for body in wave.objects
        if (wave.application in _OWN and body["kind"] not in _NOT_HERE) or body["kind"] in _EVERYWHERE
    ]
    # Definitions and namespaces first, whatever wave they are of.
    chosen.sort(key=lambda body: (body["kind"] != "Namespace", body["kind"] != "CustomResourceDefinition"))
    for body in chosen:
        api.apply(body, brief=True)
        if body["kind"] == "CustomResourceDefinition":
            wait_established(api, body)


def settings(env: str) -> dict[str, str]:
    """Give the environment that a container of Karpenter's rendered Deployment has."""
    (deployment,) = rendered(env, "Deployment", "karpenter")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {item["name"]: _value(item, container) for item in container["env"]}


def all_ready(api: Api) -> bool:
    """Say whether every NodePool and EC2NodeClass is Ready."""
    return not _unready(api)


def condition(body: Body, kind: str) -> Body:
    """Give one of the conditions in an object's status; empty without it."""
    return next((each for each in body.get("status", {}).get("conditions", ()) if each["type"] == kind), {})


def _unready(api: Api) -> list[str]:
    return [
        f"{kind} {body['metadata']['name']}: {condition(body, 'Ready')}"
        for version, kind in (NODE_CLASS, NODE_POOL)
        for body in api.list(version, kind)
        if condition(body, "Ready").get("status") != "True"
    ]


def _value(item: Mapping[str, object], container: Body) -> str:
    match item:
        case {"value": str(value)}:
            return value
        case {"valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}:
            return _NAMESPACE
        case {"valueFrom": {"resourceFieldRef": {"resource": str(resource), "divisor": str(divisor)}}}:
            kind, _, name = resource.partition(".")
            quantity = container["resources"][kind][name]
            return str(millicores(quantity) if divisor == "1m" else int(amount(quantity)))
    raise ValueError(f"how Kubernetes fills {item} is not known here")


def _instead(plane: Plane, endpoint: str) -> dict[str, str]:
    metrics, probe = free_ports(2)
    values = {
        "KUBECONFIG": str(plane.kubeconfig_of(_NAMESPACE, "karpenter")),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LEADER_ELECTION_NAMESPACE": _NAMESPACE,
        "INTERRUPTION_QUEUE": "",
        "ISOLATED_VPC": "true",
        "METRICS_PORT": str(metrics),
        "HEALTH_PROBE_PORT": str(probe),
        "LOG_LEVEL": "debug",
        **CREDENTIALS,
    }
    return {name: values[name] for name in DEVIATIONS}  # what is not told there does not count


def _minor(api: Api) -> str:
    version = api.request("GET", "/version").json()
    return f"{version['major']}.{version['minor'].rstrip('+')}"


def log_lines(process: Process) -> Iterator[Body]:
    """Read what Karpenter has logged, as far as it is JSON."""
    for line in process.log.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("{"):
            yield json.loads(line)
