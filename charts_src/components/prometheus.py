"""Prometheus: the servers, and what they may do and reach.

Sources, all prometheus-operator v0.94.1: example/rbac/prometheus (object, rules), example/networkpolicies,
defaults.go of pkg/operator (Prometheus 3.14.0 is the version that the operator is tested with).
"""

from collections.abc import Iterator, Sequence

from charts_src.lib import network, rbac
from charts_src.lib.controllers import disruption_budget, service
from charts_src.lib.iam import PodIdentity, statement
from charts_src.lib.monitoring import PROMETHEUS, scraped, service_monitor
from charts_src.lib.namespaces import MONITORING, NAMESPACES
from charts_src.lib.prometheus_server import NAME, prometheus
from charts_src.lib.rbac import READ, Rule
from charts_src.lib.scraping import KUBELET, kubelets, training_jobs
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

PORT = 9090
RELOADER_PORT = 8080
NODE_EXPORTER_PORT = 9100
NODE_MONITORING_PORT = 8003
NODE_PORTS = (KUBELET, NODE_EXPORTER_PORT, NODE_MONITORING_PORT)
"""Ports of programs in the network of the nodes, which no pod selector matches; the last is that of the
EKS node monitoring agent. An agent that is added needs its port here."""

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
        self.add(prometheus(self.env))
        self.add(_service())
        self.add(disruption_budget(NAME))
        self.add(_network_policy(self.env))
        self.add(service_monitor(NAME, PROMETHEUS, "web"))
        for body in (*kubelets(), *training_jobs()):
            self.add(body)


def _service() -> Body:
    """Lead each client to one of the servers and keep it there: their graphs differ in details."""
    body = service(NAME, NAME, PORT, "web")
    body["spec"] |= {
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
    }
    return body


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
        yield network.aws_api_egress()
        yield network.pod_identity_egress()
