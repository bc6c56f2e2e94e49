"""Prometheus: a Prometheus object, of which the operator makes servers, and what those may do and reach.

Sources, all prometheus-operator v0.94.1: bundle.yaml (defaults of the definition, written out here), the
example example/rbac/prometheus (rules), pkg/prometheus/promcfg.go (scrape classes, roles of service
discovery), pkg/prometheus/server/statefulset.go (pods, ports, volumes); defaults.go names Prometheus 3.14.0
as the version that the operator is tested with.
"""

from collections.abc import Iterator, Sequence

from charts_src.lib import network, rbac
from charts_src.lib.accelerators import placement
from charts_src.lib.iam import PodIdentity, statement
from charts_src.lib.images import image
from charts_src.lib.monitoring import AUTHENTICATED, PROMETHEUS, scraped, service_monitor
from charts_src.lib.namespaces import MONITORING, NAMESPACES
from charts_src.lib.pod import resources
from charts_src.lib.rbac import READ, Rule
from charts_src.lib.scraping import KUBELET, kubelets, training_jobs
from charts_src.lib.storage import BLOCK_STORAGE_CLASS
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "prometheus"
PORT = 9090
RELOADER_PORT = 8080
ALERTMANAGER_PORT = 9093
NODE_EXPORTER_PORT = 9100
NODE_MONITORING_PORT = 8003
NODE_PORTS = (KUBELET, NODE_EXPORTER_PORT, NODE_MONITORING_PORT)
"""Ports of programs in the network of the nodes, which no pod selector matches; the last is that of the
EKS node monitoring agent. An agent that is added needs its port here."""

_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  # a path

RULES = (
    Rule("", ("nodes", "pods", "services"), READ),
    Rule("", ("nodes/metrics",), ("get",)),
    Rule("discovery.k8s.io", ("endpointslices",), READ),
)
"""Upstream's example without what this installation never does:

- endpoints: service discovery goes by EndpointSlices.
- ingresses: only a Probe of Ingresses looks for them.
- configmaps: rules are mounted into the pod, not read from the API.
- /metrics of the API server: nothing scrapes it, as EKS gives its metrics elsewhere (CloudWatch, and the
  group metrics.eks.amazonaws.com).
"""


class Prometheus(Component):
    """Servers that each scrape every monitor of every namespace, and evaluate every rule.

    Two whole copies instead of two shards: at this size one server holds all series, and a copy outlives the
    loss of a node. Each keeps its own volume; Alertmanager takes equal alerts for one.
    """

    name = NAME
    target_namespace = MONITORING

    def versions(self) -> dict[str, str]:
        """Name the version of Prometheus."""
        return {"prometheus": self.env.monitoring.prometheus.version}

    def pod_identities(self) -> Sequence[PodIdentity]:
        """Let the servers write to the workspace of Amazon Managed Prometheus, if there is one."""
        remote = self.env.monitoring.prometheus.remote_write
        if not remote:
            return ()
        aws = self.env.aws
        workspace = f"arn:aws:aps:{aws.region}:{aws.account}:workspace/{remote.workspace}"
        write = statement("RemoteWrite", ["aps:RemoteWrite"], [workspace])
        return (PodIdentity(MONITORING, NAME, {"remote-write": [write]}),)

    def compose(self) -> None:
        """Add the servers, what they may do, what they scrape beside monitors, and the way to it."""
        account = rbac.service_account(self, NAME)
        self.add(rbac.cluster_role(NAME, RULES))
        rbac.bind_cluster_wide(account, NAME)
        self.add(_prometheus(self.env))
        self.add(_service())
        self.add(_disruption_budget())
        self.add(_network_policy(self.env))
        self.add(service_monitor(NAME, PROMETHEUS, "web"))
        for body in (*kubelets(), *training_jobs()):
            self.add(body)


def _prometheus(env: Environment) -> Body:
    """Select everything: an empty selector selects all, a missing one nothing.

    Monitors can't make Prometheus send a file of its own, such as its token, to a target; the scrape class
    `authenticated` does so for those that the platform trusts.
    """
    section = env.monitoring.prometheus
    kinds = ("serviceMonitor", "podMonitor", "probe", "scrapeConfig", "rule")
    spec = {
        "version": f"v{section.version}",
        "image": image(env, f"quay.io/prometheus/prometheus:v{section.version}"),
        "imagePullPolicy": "IfNotPresent",
        "replicas": section.replicas,
        "shards": 1,
        "serviceAccountName": NAME,
        "automountServiceAccountToken": True,
        "portName": "web",
        "serviceDiscoveryRole": "EndpointSlice",
        "arbitraryFSAccessThroughSMs": {"deny": True},
        "scrapeClasses": _scrape_classes(),
        "scrapeInterval": "30s",
        "evaluationInterval": "30s",
        **{f"{kind}{suffix}": {} for kind in kinds for suffix in ("Selector", "NamespaceSelector")},
        "externalLabels": {"cluster": env.cluster.name},
        "alerting": {
            "alertmanagers": [
                {"apiVersion": "v2", "namespace": MONITORING, "name": "alertmanager", "port": "web"}
            ]
        },
        **_storage(env),
        **_remote_write(env),
        **_pod(env),
    }
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Prometheus",
        "metadata": {"name": NAME},
        "spec": spec,
    }


def _scrape_classes() -> list[Body]:
    """Name the node of each pod that is scraped, so that metrics of agents can be joined with their node."""
    node = {
        "action": "replace",
        "sourceLabels": ["__meta_kubernetes_pod_node_name"],
        "regex": "(.+)",
        "targetLabel": "node",
    }
    return [
        {"name": "default", "default": True, "relabelings": [node]},
        {
            "name": AUTHENTICATED,
            "authorization": {"credentialsFile": f"{_TOKEN}/token"},
            "tlsConfig": {"caFile": f"{_TOKEN}/ca.crt"},
            "relabelings": [node],
        },
    ]


def _storage(env: Environment) -> Body:
    """Keep metrics until they are too old or fill nine tenths of the volume; the rest is for the log."""
    section = env.monitoring.prometheus
    return {
        "retention": f"{section.retention_days}d",
        "retentionSize": f"{section.volume_gib * 9 // 10}GiB",
        "walCompression": True,
        "storage": {
            "volumeClaimTemplate": {
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": BLOCK_STORAGE_CLASS,
                    "resources": {"requests": {"storage": f"{section.volume_gib}Gi"}},
                }
            }
        },
    }


def _remote_write(env: Environment) -> Body:
    """Sign requests with the credentials of the ServiceAccount's role."""
    remote = env.monitoring.prometheus.remote_write
    if not remote:
        return {}
    region = env.aws.region
    url = f"https://aps-workspaces.{region}.amazonaws.com/workspaces/{remote.workspace}/api/v1/remote_write"
    return {"remoteWrite": [{"url": url, "sigv4": {"region": region}}]}


def _pod(env: Environment) -> Body:
    """Say who the pods run as, which upstream's example leaves to the image."""
    section = env.monitoring.prometheus
    spread = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": PROMETHEUS},
    }
    return {
        "resources": resources(section.cpu, section.memory),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 2000,
            "fsGroup": 2000,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [spread],
        **placement("none", "system"),
    }


def _service() -> Body:
    """Lead each client to one of the servers and keep it there: their graphs differ in details."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "labels": PROMETHEUS},
        "spec": {
            "type": "ClusterIP",
            "selector": PROMETHEUS,
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
            "ports": [{"name": "web", "port": PORT, "targetPort": "web", "protocol": "TCP"}],
        },
    }


def _disruption_budget() -> Body:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": NAME},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": PROMETHEUS}},
    }


def _network_policy(env: Environment) -> Body:
    """Let the servers scrape, ask the Kubernetes API for targets, and tell Alertmanager.

    They may call every pod of the platform's namespaces on any port: which port of a pod they reach, the
    policy of that pod says. In other namespaces they reach nothing.
    """
    platform = {
        "namespaceSelector": {
            "matchExpressions": [
                {"key": network.NAMESPACE_LABEL, "operator": "In", "values": sorted(NAMESPACES)}
            ]
        }
    }
    grafana = network.pods({"app.kubernetes.io/name": "grafana"})
    return network.allow(
        NAME,
        PROMETHEUS,
        ingress=[
            {"from": [grafana], "ports": network.ports(PORT)},
            scraped(PORT, RELOADER_PORT),
        ],
        egress=[
            {"to": [platform]},
            {"to": [network.block(env.cluster.vpc_cidr)], "ports": network.ports(*NODE_PORTS)},
            network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
            *_remote_egress(env),
        ],
    )


def _remote_egress(env: Environment) -> Iterator[Body]:
    if env.monitoring.prometheus.remote_write:
        yield {"to": [network.block("0.0.0.0/0")], "ports": network.ports(443)}
        yield {"to": [network.block("169.254.170.23/32")], "ports": network.ports(80)}
