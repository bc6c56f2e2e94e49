"""The Prometheus object, of which the operator makes servers.

Sources, all prometheus-operator v0.94.1: bundle.yaml (defaults of the definition, written out here),
pkg/prometheus/promcfg.go (scrape classes, roles of service discovery), pkg/prometheus/server/statefulset.go
(pods and volumes).
"""

from charts_src.lib.accelerators import placement
from charts_src.lib.images import image
from charts_src.lib.monitoring import AUTHENTICATED, PROMETHEUS
from charts_src.lib.namespaces import MONITORING
from charts_src.lib.pod import resources
from charts_src.lib.storage import BLOCK_STORAGE_CLASS
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "prometheus"

_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  # a path


def prometheus(env: Environment) -> Body:
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
