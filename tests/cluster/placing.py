"""Pods for Karpenter to place, and what became of them."""

from charts_src.objects import Body
from tools.cluster.api import Api
from tools.cluster.karpenter import NODE_CLAIM, NODE_POOL
from tools.cluster.node_plan import reason_of
from tools.cluster.plan_nodes import present
from tools.cluster.waiting import eventually

NAMESPACE = "placed"
NVIDIA = {"key": "nvidia.com/gpu", "operator": "Exists"}
NEURON = {"key": "aws.amazon.com/neuron", "operator": "Exists"}
LARGE = {"key": "genai-on-eks/dedicated", "operator": "Equal", "value": "gpu-large"}
"""Tolerations of pods on nodes with accelerators, and on those of the large model."""

Placed = tuple[str, str, str]
"""Pool, instance type, capacity type."""


def pod(name: str, pool: str, requests: dict[str, str], *tolerations: Body) -> Body:
    amounts = {"requests": requests, "limits": {key: value for key, value in requests.items() if "/" in key}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "nodeSelector": {"karpenter.sh/nodepool": pool},
            "tolerations": list(tolerations),
            "containers": [{"name": "main", "image": "registry.k8s.io/pause:3.10", "resources": amounts}],
        },
    }


def nodes_of(api: Api, pods: list[Body]) -> set[Placed]:
    """Give the nodes that pods are on."""
    names = {pod["metadata"]["name"] for pod in pods}
    found = [each for each in api.list("v1", "Pod", NAMESPACE) if each["metadata"]["name"] in names]
    nodes = {node["metadata"]["name"]: placed(node) for node in api.list("v1", "Node")}
    return {nodes[each["spec"]["nodeName"]] for each in found}


def placed(node: Body) -> Placed:
    labels = node["metadata"]["labels"]
    return (
        labels["karpenter.sh/nodepool"],
        labels["node.kubernetes.io/instance-type"],
        labels["karpenter.sh/capacity-type"],
    )


def run(api: Api, pods: list[Body], seconds: float = 60) -> None:
    """Create pods, and wait until each is bound to a node."""
    names = {each["metadata"]["name"] for each in pods}

    def waiting() -> list[Body]:
        found = [each for each in present(api, pods) if each["metadata"]["name"] in names]
        return [each for each in found if not each["spec"].get("nodeName")]

    def message() -> str:
        events = api.list("v1", "Event", NAMESPACE)
        return "have no node: " + "; ".join(
            f"{each['metadata']['name']}: {reason_of(each, events)}" for each in waiting()
        )

    eventually(lambda: not waiting(), seconds, message)


def delete_pods(api: Api, *names: str) -> None:
    """Delete pods by name, or all of them."""
    for name in names or [each["metadata"]["name"] for each in api.list("v1", "Pod", NAMESPACE)]:
        api.delete("v1", "Pod", name, NAMESPACE)


def told(api: Api, reason: str, about: str, text: str) -> bool:
    """Say whether there is an event of Karpenter about an object, with that text in it."""
    fields = f"reason={reason},involvedObject.name={about}"
    return any(text in event.get("message", "") for event in api.list("v1", "Event", fields=fields))


def said(api: Api, reason: str, about: str, text: str) -> None:
    """Wait for an event; Karpenter looks at nodes one after another, and is longer at some."""
    eventually(lambda: told(api, reason, about, text), 90, f"Karpenter does not say of {about}: {text}")


def why(api: Api, name: str) -> str:
    """Wait for what Karpenter says of a pod, and make sure that it still waits."""

    def said() -> str:
        found = api.get("v1", "Pod", name, NAMESPACE)
        assert found is not None
        assert not found["spec"].get("nodeName")
        return reason_of(found, api.list("v1", "Event", NAMESPACE))

    return eventually(said, 30, f"Karpenter says nothing of {name}")


def names(api: Api, pool: str = "") -> set[str]:
    """Give the names of the NodeClaims of a pool, or of all."""
    return {claim["metadata"]["name"] for claim in api.list(*NODE_CLAIM) if pool in ("", pool_of(claim))}


def nodes(api: Api, pool: str, of_pod: str = "") -> set[str]:
    """Give the names of a pool's nodes, or of the one that a pod is on."""
    found = {node["metadata"]["name"] for node in api.list("v1", "Node") if pool_of(node) == pool}
    pods = api.list("v1", "Pod", NAMESPACE) if of_pod else []
    hosts = {each["spec"].get("nodeName") for each in pods if each["metadata"]["name"] == of_pod}
    return found & hosts if of_pod else found


def pool_of(claim_or_node: Body) -> str:
    return str(claim_or_node["metadata"]["labels"]["karpenter.sh/nodepool"])


def copied(api: Api, pool: str, name: str) -> Body:
    """Give a NodePool of another name with the spec of a live one."""
    live = api.get(*NODE_POOL, pool)
    assert live is not None
    api_version, kind = NODE_POOL
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": live["spec"]}
