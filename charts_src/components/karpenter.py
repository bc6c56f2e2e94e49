"""The Karpenter controller, which launches, replaces and removes the nodes of all node pools.

Sources, all karpenter-provider-aws v1.15.1: charts/karpenter (Deployment, Service, budget, roles),
pkg/operator (what it asks of AWS and of the instance metadata service), and sigs.k8s.io/karpenter v1.15.0
pkg/operator/options (settings and feature gates; v1.15.1 of that module is not to be had).

Differences from the chart: namespace karpenter instead of kube-system, so two FlowSchemas give its requests
the priority they would have there; AWS_REGION is set, as pods can't reach the metadata service; requests and
a memory limit are set, on which MEMORY_LIMIT and CPU_REQUESTS build; feature gates
(lib/karpenter_settings.py); network policies; no ClusterRole karpenter-admin (lib/karpenter_api.py).

A Spot node that EC2 takes back has two minutes. EventBridge puts the warning into the interruption queue,
Karpenter launches the replacement and drains the node at once, and the kubelet's graceful shutdown covers
what is left. A rebalance recommendation only becomes an event on the node: draining at every one would
replace nodes that mostly stay.
"""

from collections.abc import Sequence

from charts_src.lib import karpenter_iam, monitoring, network, rbac
from charts_src.lib.cluster_nodes import cluster_toleration
from charts_src.lib.controllers import bare_deployment, disruption_budget, labels, service
from charts_src.lib.iam import PodIdentity
from charts_src.lib.images import image
from charts_src.lib.karpenter_api import (
    CORE_RULES,
    DNS_ROLE,
    LEADER_ELECTION_ROLE,
    NODE_CLASS_RULES,
    flow_schemas,
)
from charts_src.lib.karpenter_settings import (
    CONTAINER,
    HEALTH_PORT,
    METRICS_PORT,
    NAME,
    environment_variables,
)
from charts_src.lib.namespaces import KARPENTER
from charts_src.lib.pod import container, http_probe, pod, port, requests
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

CORE = "karpenter-core"
_USER = 65532


class KarpenterController(Component):
    """The controller on the nodes that come with the cluster, as it can't launch the node it runs on."""

    name = NAME
    target_namespace = KARPENTER

    def versions(self) -> dict[str, str]:
        """Name the version of the controller."""
        return {"karpenter": self.env.karpenter.version}

    def pod_identities(self) -> Sequence[PodIdentity]:
        """Let the controller launch and end instances with the tags of this cluster."""
        return (PodIdentity(KARPENTER, NAME, karpenter_iam.policies(self.env)),)

    def compose(self) -> None:
        """Add the controller, what it may do and what it may talk to."""
        self._permissions()
        self.add(_deployment(self.env))
        self.add(disruption_budget(NAME))
        self.add(service(NAME, NAME, METRICS_PORT, "http-metrics", labelled=False))
        self.add(monitoring.service_monitor(NAME, labels(NAME), "http-metrics", path="/metrics"))
        self.add(_network_policy(self.env))
        for body in flow_schemas(NAME, KARPENTER):
            self.add(body)

    def _permissions(self) -> None:
        rbac.service_account(self, NAME)
        self.add(rbac.cluster_role(NAME, NODE_CLASS_RULES))
        self.add(rbac.cluster_role(CORE, CORE_RULES))
        self.add(LEADER_ELECTION_ROLE)
        self.add(DNS_ROLE)
        for name in (NAME, CORE):
            self.add(rbac.cluster_binding(name, NAME, KARPENTER))
        for role in (LEADER_ELECTION_ROLE, DNS_ROLE):
            namespace = role["metadata"].get("namespace", KARPENTER)
            self.add(rbac.role_binding(role["metadata"]["name"], NAME, KARPENTER, namespace))


def _deployment(env: Environment) -> Body:
    # No two pods share a node, so there may be no node for a surge.
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    return bare_deployment(NAME, env.karpenter.replicas, _pod(env), strategy)


def _pod(env: Environment) -> Body:
    """Keep off all nodes of node pools, and one pod off the node and, where it can, the zone of the other.

    dnsPolicy stays ClusterFirst: CoreDNS tolerates the taint of these nodes too, so it needs no Karpenter.
    """
    return pod(
        _container(env),
        serviceAccountName=NAME,
        automountServiceAccountToken=True,
        priorityClassName="system-cluster-critical",
        dnsPolicy="ClusterFirst",
        securityContext={
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        nodeSelector={"kubernetes.io/os": "linux"},
        tolerations=[cluster_toleration()],
        affinity=_affinity(),
        topologySpreadConstraints=[
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": labels(NAME)},
            }
        ],
    )


def _affinity() -> Body:
    no_pool = {"matchExpressions": [{"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"}]}
    other = {"labelSelector": {"matchLabels": labels(NAME)}, "topologyKey": "kubernetes.io/hostname"}
    return {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [no_pool]}},
        "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [other]},
    }


def _container(env: Environment) -> Body:
    memory = env.karpenter.memory
    return container(
        CONTAINER,
        image(env, f"public.ecr.aws/karpenter/controller:{env.karpenter.version}"),
        env=environment_variables(env),
        ports=[port("http-metrics", METRICS_PORT), port("http", HEALTH_PORT)],
        livenessProbe=http_probe("/healthz", "http", initialDelaySeconds=30, timeoutSeconds=30),
        readinessProbe=http_probe("/readyz", "http", initialDelaySeconds=5, timeoutSeconds=30),
        # A limit on CPU would slow it down just when many pods wait for nodes.
        resources=requests(env.karpenter.cpu, memory, memory),
    )


def _network_policy(env: Environment) -> Body:
    """Let Prometheus in, and the controller to the Kubernetes API, its credentials and the APIs of AWS."""
    return network.allow(
        NAME,
        labels(NAME),
        ingress=[monitoring.scraped(METRICS_PORT)],
        egress=[
            network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
            network.pod_identity_egress(),
            network.aws_api_egress(),
        ],
    )
