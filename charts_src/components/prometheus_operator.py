"""The Prometheus Operator, which makes servers of Prometheus and Alertmanager objects.

Sources, all prometheus-operator v0.94.1: bundle.yaml (Deployment, Service, rules), cmd/operator/main.go
(flags, permissions that it checks, endpoints), pkg/prometheus/server/operator.go and
pkg/alertmanager/operator.go (what is watched where), pkg/operator/config.go (defaults).
"""

from charts_src.lib import network, rbac
from charts_src.lib.controllers import disruption_budget, labels, service, single
from charts_src.lib.images import image
from charts_src.lib.monitoring import scraped, service_monitor
from charts_src.lib.namespaces import MONITORING
from charts_src.lib.pod import container, http_probe, pod, port
from charts_src.lib.rbac import READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "prometheus-operator"
PORT = 8080
_GROUP = "monitoring.coreos.com"

CLUSTER_RULES = (
    Rule("", ("namespaces",), ("get", "list", "watch")),
    Rule("events.k8s.io", ("events",), ("create", "patch")),
    Rule(_GROUP, ("podmonitors", "probes", "prometheusrules", "scrapeconfigs", "servicemonitors"), READ),
    Rule("storage.k8s.io", ("storageclasses",), ("get",)),
)
"""What the operator does in every namespace: find monitors and rules, and say what is wrong with them."""

RULES = (
    Rule("", ("configmaps", "secrets"), ("create", "delete", *READ, "update")),
    Rule("", ("pods",), ("delete", "list")),
    Rule("", ("services", "services/finalizers"), ("create", "delete", "get", "update")),
    Rule("apps", ("statefulsets",), ("create", "delete", *READ, "patch", "update")),
    Rule(_GROUP, ("alertmanagerconfigs",), READ),
    Rule(_GROUP, ("alertmanagers", "prometheuses"), (*READ, "patch")),
    Rule(_GROUP, ("alertmanagers/finalizers", "prometheuses/finalizers"), ("patch", "update")),
    Rule(_GROUP, ("alertmanagers/status", "prometheuses/status"), ("create", "delete", "patch", "update")),
)
"""What the operator does in the namespace of the servers alone. Both lists together are upstream's
ClusterRole without what this installation never does:

- prometheusagents, thanosrulers: their definitions are not installed, which the operator finds and accepts.
- status of monitors and rules: behind the feature gate StatusForConfigurationResources, off by default.
- nodes, endpoints: used only with --kubelet-service; a ScrapeConfig finds the kubelets instead.
- ingresses: nothing in v0.94.1 asks for them.
"""


class PrometheusOperator(Component):
    """The operator, with permissions on Secrets and workloads in the namespace `monitoring` only.

    Upstream binds one ClusterRole for the whole cluster, which lets the operator read every Secret. So a
    monitor in another namespace can't name a Secret of its own: it is rejected, with an event that says so.
    """

    name = NAME
    target_namespace = MONITORING

    def versions(self) -> dict[str, str]:
        """Name the version of the operator."""
        return {"prometheus-operator": self.env.monitoring.operator_version}

    def compose(self) -> None:
        """Add the operator, what it may do and what it may talk to."""
        self._permissions()
        self.add(_deployment(self.env))
        self.add(disruption_budget(NAME))
        # Upstream's Service is headless for the same purpose: the operator's own metrics.
        self.add(service(NAME, NAME, PORT, "http"))
        self.add(service_monitor(NAME, labels(NAME), "http"))
        self.add(_network_policy(self.env))

    def _permissions(self) -> None:
        account = rbac.service_account(self, NAME)
        self.add(rbac.cluster_role(NAME, CLUSTER_RULES))
        rbac.bind_cluster_wide(account, NAME)
        self.add(rbac.role(NAME, RULES))
        rbac.bind_role(account, NAME)


def _deployment(env: Environment) -> Body:
    """Run one pod: the operator elects no leader, and two would undo each other's work."""
    spec = pod(
        _container(env),
        serviceAccountName=NAME,
        automountServiceAccountToken=True,
        securityContext={
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    )
    return single(NAME, spec)


def _container(env: Environment) -> Body:
    return container(
        NAME,
        image(env, f"quay.io/prometheus-operator/prometheus-operator:v{env.monitoring.operator_version}"),
        args=_arguments(env),
        env=[{"name": "GOGC", "value": "30"}],
        ports=[port("http", PORT)],
        livenessProbe=http_probe("/healthz", "http", initialDelaySeconds=10),
        readinessProbe=http_probe("/healthz", "http"),
        resources={
            "requests": {"cpu": "100m", "memory": "200Mi"},
            "limits": {"cpu": "200m", "memory": "200Mi"},
        },
    )


def _arguments(env: Environment) -> list[str]:
    """Upstream's, but for these.

    - --*-namespaces: where servers, and with them Secrets and StatefulSets, are looked for.
    - no --watch-referenced-objects-in-all-namespaces: it would watch every Secret of the cluster.
    - no --kubelet-service: see RULES.
    - --config-reloader-*: upstream's 10m of CPU throttles the reloader; probes are off there by default.
    """
    reloader = f"quay.io/prometheus-operator/prometheus-config-reloader:v{env.monitoring.operator_version}"
    return [
        f"--alertmanager-config-namespaces={MONITORING}",
        f"--alertmanager-instance-namespaces={MONITORING}",
        "--config-reloader-cpu-limit=100m",
        "--config-reloader-cpu-request=20m",
        "--config-reloader-memory-limit=64Mi",
        "--config-reloader-memory-request=64Mi",
        "--disable-unmanaged-prometheus-configuration=true",
        "--enable-config-reloader-probes=true",
        f"--prometheus-config-reloader={image(env, reloader)}",
        f"--prometheus-instance-namespaces={MONITORING}",
    ]


def _network_policy(env: Environment) -> Body:
    """Let the operator reach the Kubernetes API, and Prometheus its metrics."""
    return network.allow(
        NAME,
        labels(NAME),
        ingress=[scraped(PORT)],
        egress=[network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)],
    )
