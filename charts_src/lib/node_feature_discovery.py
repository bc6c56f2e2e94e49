"""The part of node-feature-discovery that GPU feature discovery needs: who makes labels, who cleans up.

Sources: node-feature-discovery v0.19.0, deployment/base/{master,gc,rbac}, deployment/components,
pkg/nfd-master, pkg/nfd-gc.

- No worker: GPU feature discovery writes the NodeFeature objects.
- The master takes labels from this namespace only, and sets no taints, annotations or extended resources; so
  its role has no nodes/status and no `update`, which it uses for those and for --prune only.
  NodeFeatureGroups are behind a gate that is off; it has no role for them.
- The garbage collector deletes the NodeFeatures of nodes that are gone. Their owner, a DaemonSet, lives on,
  and Karpenter replaces nodes all the time. Its role has no NodeResourceTopology, whose definition isn't
  installed.
- No Job prune, a hook by which Helm takes the labels off when it uninstalls.
- Both run as the user of the image, 65534, which upstream leaves to the image.
"""

from charts_src.emit import emit
from charts_src.lib import monitoring, network, rbac
from charts_src.lib.accelerators import placement
from charts_src.lib.config_maps import config_map, config_volume
from charts_src.lib.controllers import bare_deployment, disruption_budget, labels
from charts_src.lib.images import image
from charts_src.lib.namespaces import ACCELERATORS
from charts_src.lib.pod import container, http_probe, mount, node_name, pod, port, requests
from charts_src.lib.rbac import Rule, cluster_binding
from charts_src.model import Environment
from charts_src.objects import Body

MASTER = "nfd-master"
GC = "nfd-gc"
PORT = 8080

MASTER_RULES = (
    Rule("", ("namespaces",), ("list", "watch")),
    Rule("", ("nodes",), ("get", "list", "patch")),
    Rule("nfd.k8s-sigs.io", ("nodefeatures", "nodefeaturerules"), ("get", "list", "watch")),
)
LEADER_ELECTION_RULES = (
    Rule("coordination.k8s.io", ("leases",), ("create",)),
    Rule("coordination.k8s.io", ("leases",), ("get", "update"), ("nfd-master.nfd.kubernetes.io",)),
)
"""Upstream's, in one namespace instead of the whole cluster; the master names its lock itself."""
GC_RULES = (
    Rule("", ("nodes",), ("list", "watch")),
    Rule("nfd.k8s-sigs.io", ("nodefeatures",), ("delete", "list")),
)

_CONFIG = {
    "enableTaints": False,
    "restrictions": {
        "disableTaints": True,
        "disableExtendedResources": True,
        "disableAnnotations": True,
        "nodeFeatureNamespaceSelector": {"matchLabels": {network.NAMESPACE_LABEL: ACCELERATORS}},
    },
}


def master_objects(env: Environment) -> tuple[Body, ...]:
    """Give the master but for its account: two pods, one of which leads."""
    text = emit(_CONFIG)
    return (
        rbac.cluster_role(MASTER, MASTER_RULES),
        cluster_binding(MASTER, MASTER, ACCELERATORS),
        rbac.role(MASTER, LEADER_ELECTION_RULES),
        config_map(MASTER, {"nfd-master.conf": text}),
        bare_deployment(MASTER, 2, _master(env)),
        disruption_budget(MASTER),
        *_surroundings(env, MASTER),
    )


def gc_objects(env: Environment) -> tuple[Body, ...]:
    """Give the garbage collector but for its account; while it is away, objects only wait longer."""
    return (
        rbac.cluster_role(GC, GC_RULES),
        cluster_binding(GC, GC, ACCELERATORS),
        bare_deployment(GC, 1, _program(env, GC, ["-gc-interval=1h"])),
        *_surroundings(env, GC),
    )


def _surroundings(env: Environment, name: str) -> tuple[Body, ...]:
    api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
    return (
        monitoring.pod_monitor(name, labels(name), "http"),
        network.allow(name, labels(name), ingress=[monitoring.scraped(PORT)], egress=[api_server]),
    )


def _master(env: Environment) -> Body:
    volume = config_volume("config", MASTER)
    config = mount("config", "/etc/kubernetes/node-feature-discovery", readOnly=True)
    spec = _program(env, MASTER, ["-enable-leader-election"])
    (master,) = spec["containers"]
    return spec | {"containers": [master | {"volumeMounts": [config]}], "volumes": [volume]}


def _program(env: Environment, name: str, args: list[str]) -> Body:
    version = env.accelerators.nvidia.node_feature_discovery_version
    program = container(
        name,
        image(env, f"registry.k8s.io/nfd/node-feature-discovery:v{version}"),
        command=[name],
        args=[*args, f"-port={PORT}"],
        env=[node_name()],
        ports=[port("http", PORT)],
        livenessProbe=http_probe("/healthz", "http", initialDelaySeconds=10),
        readinessProbe=http_probe("/healthz", "http", failureThreshold=10),
        resources=requests("20m", "64Mi", "512Mi"),
    )
    spec = pod(
        program,
        serviceAccountName=name,
        automountServiceAccountToken=True,
        enableServiceLinks=False,
        priorityClassName="system-cluster-critical",
        **placement("none", "system"),
    )
    return spec | {"securityContext": spec["securityContext"] | {"runAsUser": 65534, "runAsGroup": 65534}}
