"""A small environment for the tests of cost: some pools, and what runs on them."""

from typing import Any

from charts_src.diff.parse import Located
from charts_src.model import Environment
from charts_src.objects import Body, Identity
from charts_src.proofs.pods import all_pods
from charts_src.proofs.tree import Objects
from charts_src.review.cost.environment import EnvironmentCost, environment_cost
from charts_src.review.cost.ground import kinds_of
from charts_src.review.cost.packing import Packer
from charts_src.review.cost.rates import Rates
from charts_src.review.sides import Pair, Side
from tests.objects import thing
from tests.ray_environment import environment as ray_environment

ZONE = "us-west-2a"


def environment(**sections: Any) -> Environment:
    """Give an environment of us-west-2 with two system nodes of m7i.xlarge."""
    return ray_environment(**sections)


def pool(name: str, *types: str, ways: tuple[str, ...] = ("on-demand",), **fields: Any) -> list[Body]:
    """Give a NodePool of at most `nodes` nodes (or with other `limits`) and its class.

    `zones` are its zones, `group` its placement group; the rest are fields of its spec.
    """
    values = {
        "node.kubernetes.io/instance-type": list(types),
        "karpenter.sh/capacity-type": list(ways),
        "topology.kubernetes.io/zone": list(fields.pop("zones", (ZONE,))),
    }
    efa = fields.pop("efa", False)
    template = {
        "metadata": {"labels": {"pool": name, "genai-on-eks/efa": str(efa).lower()}},
        "spec": {
            "nodeClassRef": {"name": name},
            "requirements": [{"key": key, "operator": "In", "values": each} for key, each in values.items()],
        },
    }
    limits = fields.pop("limits", {"nodes": str(fields.pop("nodes", 4))})
    group = fields.pop("group", None)
    node_class: Body = {"blockDeviceMappings": [{"rootVolume": True, "ebs": {"volumeSize": "100Gi"}}]}
    if group:
        node_class["placementGroupSelector"] = {"name": group}
    spec = {"weight": 10, "limits": limits, "template": template, **fields}
    return [thing("karpenter.sh/NodePool", name, spec=spec), thing("a/EC2NodeClass", name, spec=node_class)]


def pod(pool_name: str, cpu: str = "1", memory: str = "1Gi", **fields: Any) -> Body:
    """Give a pod template for nodes of a pool; `wants` are further resources."""
    wants = {"cpu": cpu, "memory": memory} | fields.pop("wants", {})
    selector = {"pool": pool_name} | fields.pop("selector", {})
    containers = [{"name": "main", "image": "example.com/main:1", "resources": {"requests": wants}}]
    labels = fields.pop("labels", {"app": "main"})
    return {
        "metadata": {"labels": labels},
        "spec": {"nodeSelector": selector, "containers": containers, **fields},
    }


def deployment(name: str, replicas: int, template: Body) -> Body:
    """Give a Deployment."""
    return thing("apps/Deployment", name, "shop", spec={"replicas": replicas, "template": template})


def ray_service(name: str, least: int, most: int, template: Body, **fields: Any) -> Body:
    """Give a RayService whose head needs next to nothing."""
    group = {
        "groupName": "workers",
        "replicas": least,
        "minReplicas": least,
        "maxReplicas": most,
        "template": template,
    }
    head = {"template": pod("system", "10m", "10Mi")}
    cluster = {"enableInTreeAutoscaling": True, "headGroupSpec": head, "workerGroupSpecs": [group]}
    return thing("ray.io/RayService", name, "shop", spec={"rayClusterConfig": cluster, **fields})


def mpi_job(workers: int, template: Body, queue: str = "") -> Body:
    """Give an MPIJob whose launcher needs next to nothing."""
    roles = {
        "Launcher": {"replicas": 1, "template": pod("system", "10m", "10Mi")},
        "Worker": {"replicas": workers, "template": template},
    }
    job = thing("kubeflow.org/MPIJob", "train", "lab", spec={"mpiReplicaSpecs": roles})
    if queue:
        job["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": queue}
    return job


def system() -> list[Body]:
    """Give a pool for what needs next to nothing."""
    return pool("system", "m7i.xlarge", nodes=2)


def objects(*bodies: Body | list[Body]) -> Objects:
    """Give objects by identity."""
    flat = [each for body in bodies for each in (body if isinstance(body, list) else [body])]
    return {Identity.of(body): body for body in flat}


def packer(*bodies: Body | list[Body], **sections: Any) -> Packer:
    """Give what packs pods on the nodes of the small environment."""
    env, found = environment(**sections), objects(*bodies)
    return Packer(kinds_of(found, env, all_pods(found.values())), Rates.of(env))


def cost(*bodies: Body | list[Body], **sections: Any) -> EnvironmentCost:
    """Give the cost of the small environment."""
    return environment_cost(objects(*bodies), environment(**sections))


def failures(*bodies: Body | list[Body], **sections: Any) -> list[str]:
    """Give what does not fit."""
    return [str(failure) for failure in cost(*bodies, **sections).failures]


def side(*bodies: Body | list[Body], **sections: Any) -> Side:
    """Give one side of a review."""
    located = {identity: Located("shop/x.yaml", body) for identity, body in objects(*bodies).items()}
    return Side(environment(**sections), {}, located)


def pair(old: Side, new: Side) -> Pair:
    """Give both sides."""
    return Pair("dev", old, new, ())
