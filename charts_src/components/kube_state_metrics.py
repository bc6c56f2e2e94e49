"""kube-state-metrics, which turns objects of the Kubernetes API into metrics.

Sources, all kube-state-metrics v2.20.0: examples/standard (all objects), pkg/options (flags).
"""

from charts_src.emit import emit
from charts_src.lib import network, object_states, rbac
from charts_src.lib.accelerators import ACCELERATOR_LABEL, PURPOSE_LABEL
from charts_src.lib.config_maps import config_map, config_volume
from charts_src.lib.controllers import disruption_budget, labels, service, service_port, single
from charts_src.lib.images import image
from charts_src.lib.monitoring import scraped
from charts_src.lib.namespaces import MONITORING
from charts_src.lib.pod import container, http_probe, mount, pod, port, resources
from charts_src.lib.rbac import Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "kube-state-metrics"
VERSION = "2.20.0"
PORT = 8080
TELEMETRY_PORT = 8081
_CONFIG = "/etc/kube-state-metrics"
_LIST = ("list", "watch")

RESOURCES = {
    "": ("namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods", "resourcequotas"),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "batch": ("cronjobs", "jobs"),
    "policy": ("poddisruptionbudgets",),
}
"""API group -> resources with metrics. Upstream has those of another twenty too, Secrets among them, and
so may list every Secret of the cluster; no alert or dashboard asks for those."""

NODE_LABELS = (
    "eks.amazonaws.com/nodegroup",
    ACCELERATOR_LABEL,
    PURPOSE_LABEL,
    "karpenter.sh/capacity-type",
    "karpenter.sh/nodepool",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/zone",
)
"""Labels of nodes that the metric kube_node_labels has: what a node costs, and what it is for."""


class KubeStateMetrics(Component):
    """One pod, which reads a list of harmless kinds; also our custom resources (lib/object_states.py)."""

    name = NAME
    target_namespace = MONITORING

    def versions(self) -> dict[str, str]:
        """Name the version."""
        return {NAME: VERSION}

    def compose(self) -> None:
        """Add the program, what it may read and what it may talk to."""
        account = rbac.service_account(self, NAME)
        self.add(rbac.cluster_role(NAME, _rules()))
        rbac.bind_cluster_wide(account, NAME)
        states = emit(object_states.object_states())
        self.add(config_map(NAME, {"custom-resource-state.yaml": states}))
        # One pod, as upstream has it: a second one would repeat every series.
        self.add(single(NAME, _pod(self.env)))
        self.add(disruption_budget(NAME))
        self.add(_service())
        self.add(_monitor())
        self.add(_network_policy(self.env))


def _rules() -> tuple[Rule, ...]:
    """Upstream's for RESOURCES, without tokenreviews and subjectaccessreviews (only with --auth-filter)."""
    listed = tuple(Rule(group, names, _LIST) for group, names in RESOURCES.items())
    return (*listed, *object_states.rules())


def _pod(env: Environment) -> Body:
    return pod(
        _container(env),
        serviceAccountName=NAME,
        automountServiceAccountToken=True,
        securityContext={
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "runAsGroup": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        volumes=[config_volume("config", NAME)],
    )


def _container(env: Environment) -> Body:
    """Name what is wanted, and how much the container may use, which upstream leaves open.

    The program reads its configuration anew when the file changes.
    """
    names = sorted(name for group in RESOURCES.values() for name in group)
    return container(
        NAME,
        image(env, f"registry.k8s.io/kube-state-metrics/kube-state-metrics:v{VERSION}"),
        args=[
            f"--custom-resource-state-config-file={_CONFIG}/custom-resource-state.yaml",
            f"--metric-labels-allowlist=nodes=[{','.join(NODE_LABELS)}]",
            f"--port={PORT}",
            f"--resources={','.join(names)}",
            f"--telemetry-port={TELEMETRY_PORT}",
        ],
        ports=[port("http-metrics", PORT), port("telemetry", TELEMETRY_PORT)],
        livenessProbe=http_probe("/livez", "http-metrics", initialDelaySeconds=5, timeoutSeconds=5),
        readinessProbe=http_probe("/readyz", "telemetry", initialDelaySeconds=5, timeoutSeconds=5),
        resources=resources("100m", env.monitoring.kube_state_metrics_memory),
        volumeMounts=[mount("config", _CONFIG, readOnly=True)],
    )


def _service() -> Body:
    body = service(NAME, NAME, PORT, "http-metrics")
    body["spec"]["ports"].append(service_port(TELEMETRY_PORT, "telemetry"))
    return body


def _monitor() -> Body:
    """Leave out where the metrics come from: pod, namespace and node in them are those they speak of."""
    own = "(container|endpoint|instance|namespace|node|pod|service)"
    objects = {
        "port": "http-metrics",
        "honorLabels": True,
        "relabelings": [{"action": "labeldrop", "regex": own}],
    }
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": NAME},
        "spec": {"selector": {"matchLabels": labels(NAME)}, "endpoints": [objects, {"port": "telemetry"}]},
    }


def _network_policy(env: Environment) -> Body:
    return network.allow(
        NAME,
        labels(NAME),
        ingress=[scraped(PORT, TELEMETRY_PORT)],
        egress=[network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)],
    )
