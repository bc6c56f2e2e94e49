"""Plays the part of the kubelets of nodes that Karpenter launches: each joins the cluster.

    KUBE_TOKEN=... python -m tools.cluster.joiner URL AUTHORITY

URL is the API server's, AUTHORITY the file with its certificate; the token may write Nodes. A Node gets the
labels, taints and resources that Karpenter expects of it; kwok then makes it Ready, and its startup taints
go, as the CSI drivers take them off real nodes.
"""

import os
import sys
import time
from pathlib import Path

from charts_src.objects import Body
from tools.cluster.api import Api
from tools.cluster.responses import Refused

_CLAIMS = ("karpenter.sh/v1", "NodeClaim")
_UNREGISTERED = {"key": "karpenter.sh/unregistered", "effect": "NoExecute"}
"""Taint of a node that Karpenter has not seen yet; it takes it off."""
_PAUSE = 1.0
"""Seconds between looks."""


def joining(claim: Body) -> Body | None:
    """Give the Node that joins for a NodeClaim; None when it is not launched, has joined, or is going."""
    status, metadata = claim.get("status", {}), claim["metadata"]
    if not status.get("providerID") or status.get("nodeName") or "deletionTimestamp" in metadata:
        return None
    name = "ip-" + status["providerID"].rpartition("/")[2]
    taints = [*claim["spec"].get("taints", ()), *claim["spec"].get("startupTaints", ()), _UNREGISTERED]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/os": "linux", **metadata["labels"], "kubernetes.io/hostname": name},
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "spec": {"providerID": status["providerID"], "taints": taints},
        "status": {key: status[key] for key in ("capacity", "allocatable")},
    }


def started(claim: Body, node: Body) -> list[Body] | None:
    """Give the taints of a registered, ready node without its startup taints; None if nothing changes."""
    ready = any(
        each["type"] == "Ready" and each["status"] == "True" for each in node["status"].get("conditions", ())
    )
    taints = node["spec"].get("taints", [])
    waiting = {each["key"] for each in claim["spec"].get("startupTaints", ())}
    left = [each for each in taints if each["key"] not in waiting]
    registered = _UNREGISTERED["key"] not in {each["key"] for each in taints}
    return left if ready and registered and left != taints else None


def look(api: Api) -> None:
    """Go through all NodeClaims once."""
    claims = api.list(*_CLAIMS)
    nodes = {each["spec"].get("providerID"): each for each in api.list("v1", "Node")}
    for claim in claims:
        node = nodes.get(claim.get("status", {}).get("providerID"))
        if node is None:
            _join(api, claim)
        elif (taints := started(claim, node)) is not None:
            version = node["metadata"]["resourceVersion"]
            patch = {"metadata": {"resourceVersion": version}, "spec": {"taints": taints}}
            api.merge("v1", "Node", node["metadata"]["name"], patch)


def _join(api: Api, claim: Body) -> None:
    if (node := joining(claim)) is None:
        return
    name = node["metadata"]["name"]
    api.create(node)  # without the status, which has a path of its own
    api.merge("v1", "Node", name, {"status": node["status"]}, subresource="status")
    print(time.strftime("%H:%M:%S"), name, node["metadata"]["labels"].get("node.kubernetes.io/instance-type"))


def main(url: str, authority: Path, token: str) -> None:
    """Look again and again until the process is ended."""
    api = Api(url, token, authority)
    while True:
        try:
            look(api)
        except (Refused, ConnectionError) as error:  # a conflict, or the API server starts again
            print(time.strftime("%H:%M:%S"), error)
        sys.stdout.flush()
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), os.environ["KUBE_TOKEN"])
