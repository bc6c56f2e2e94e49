"""The settings of the Karpenter controller, all by environment variables.

Sources: charts/karpenter of karpenter-provider-aws v1.15.1 (templates/deployment.yaml, values.yaml) and the
options of both modules (pkg/operator/options). Values are the chart's unless said otherwise.
"""

from typing import Any

from charts_src.lib.capacity import VM_MEMORY_OVERHEAD_PERCENT
from charts_src.lib.karpenter_iam import interruption_queue
from charts_src.model import Environment
from charts_src.model.karpenter import Karpenter
from charts_src.objects import Body

NAME = "karpenter"
CONTAINER = "controller"
METRICS_PORT = 8080
HEALTH_PORT = 8081

AWS_FEATURE_GATES = {"NodeClassCEL": False, "DRANVIDIAGPU": False, "DRAEFA": False, "RebootForRepair": False}
"""Every gate of the AWS provider, at its default: device plugins count devices here, DRA drivers don't."""


def feature_gates(karpenter: Karpenter) -> dict[str, bool]:
    """Give every gate of v1.15.1, so that an upgrade changes none unseen.

    On, beside the default ReservedCapacity: NodeRepair replaces nodes whose kubelet or hardware is broken.
    What pools don't use is off. With reserved or static capacity a broken node may hold the place that its
    replacement needs; TerminateFirstRepair ends it first.
    """
    pools = karpenter.node_pools.values()
    static = any(pool.replicas is not None for pool in pools)
    return {
        "ReservedCapacity": True,
        "SpotToSpotConsolidation": False,
        "NodeRepair": True,
        "NodeOverlay": any(pool.overlaid for pool in pools),
        "StaticCapacity": static,
        "CapacityBuffer": False,
        "TerminateFirstDrift": False,
        "TerminateFirstRepair": static or any(pool.reservation for pool in pools),
        "PodDeletionCostManagement": False,
    }


def environment_variables(env: Environment) -> list[Body]:
    """Give the environment of the container.

    AWS_REGION is ours: without it the controller asks the instance metadata service, which pods can't reach.
    """
    settings = {
        "KUBERNETES_MIN_VERSION": "1.19.0-0",
        "KARPENTER_SERVICE": NAME,
        "LOG_LEVEL": "info",
        "LOG_OUTPUT_PATHS": "stdout",
        "LOG_ERROR_OUTPUT_PATHS": "stderr",
        "METRICS_PORT": str(METRICS_PORT),
        "HEALTH_PROBE_PORT": str(HEALTH_PORT),
        "FEATURE_GATES": _gates(feature_gates(env.karpenter)),
        "AWS_FEATURE_GATES": _gates(AWS_FEATURE_GATES),
        "BATCH_MAX_DURATION": "10s",
        "BATCH_IDLE_DURATION": "1s",
        "PREFERENCE_POLICY": "Respect",
        "MIN_VALUES_POLICY": "Strict",
        "AWS_REGION": env.aws.region,
        "CLUSTER_NAME": env.cluster.name,
        "VM_MEMORY_OVERHEAD_PERCENT": str(VM_MEMORY_OVERHEAD_PERCENT),
        "INTERRUPTION_QUEUE": interruption_queue(env),
        "RESERVED_ENIS": "0",
        "IGNORE_DRA_REQUESTS": "true",
        "AMI_REFRESH_INTERVAL": "1m",
        "SUBNET_REFRESH_INTERVAL": "1m",
        "SECURITY_GROUP_REFRESH_INTERVAL": "1m",
    }
    given: list[Body] = [{"name": name, "value": value} for name, value in settings.items()]
    return [
        *given,
        _from("SYSTEM_NAMESPACE", "fieldRef", apiVersion="v1", fieldPath="metadata.namespace"),
        _own("CPU_REQUESTS", "requests.cpu", "1m"),
        _own("MEMORY_LIMIT", "limits.memory", "0"),
    ]


def _gates(gates: dict[str, bool]) -> str:
    return ",".join(f"{name}={str(on).lower()}" for name, on in gates.items())


def _from(name: str, source: str, **fields: Any) -> Body:
    return {"name": name, "valueFrom": {source: fields}}


def _own(name: str, resource: str, divisor: str) -> Body:
    return _from(name, "resourceFieldRef", containerName=CONTAINER, divisor=divisor, resource=resource)
