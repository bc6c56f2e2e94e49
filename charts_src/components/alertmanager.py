"""Alertmanager: an Alertmanager object, of which the operator makes servers that agree on notifications.

Sources, all prometheus-operator v0.94.1: bundle.yaml (defaults of the definition, written out here),
pkg/alertmanager/statefulset.go (pods, ports, mesh on 9094 over TCP and UDP), pkg/operator/defaults.go
(Alertmanager 0.34.0), example/networkpolicies/alertmanager.yaml.
"""

from collections.abc import Iterator, Sequence

from charts_src.lib import network, rbac
from charts_src.lib.accelerators import placement
from charts_src.lib.alert_routes import NAME as ROUTES
from charts_src.lib.alert_routes import alert_routes, sends, topic_arn
from charts_src.lib.controllers import disruption_budget, labels, service
from charts_src.lib.iam import PodIdentity, statement
from charts_src.lib.images import image
from charts_src.lib.monitoring import PROMETHEUS, scraped, service_monitor
from charts_src.lib.namespaces import MONITORING
from charts_src.lib.pod import resources
from charts_src.lib.storage import BLOCK_STORAGE_CLASS
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "alertmanager"
PORT = 9093
MESH_PORT = 9094
RELOADER_PORT = 8080


class Alertmanager(Component):
    """Servers that group alerts and tell people of them."""

    name = NAME
    target_namespace = MONITORING

    def versions(self) -> dict[str, str]:
        """Name the version of Alertmanager."""
        return {"alertmanager": self.env.monitoring.alertmanager.version}

    def pod_identities(self) -> Sequence[PodIdentity]:
        """Let the servers publish to the SNS topic, if there is one."""
        if not self.env.monitoring.alertmanager.sns_topic:
            return ()
        publish = statement("PublishAlerts", ["sns:Publish"], [topic_arn(self.env)])
        return (PodIdentity(MONITORING, NAME, {"publish-alerts": [publish]}),)

    def compose(self) -> None:
        """Add the servers, their routes, and what they may talk to."""
        rbac.service_account(self, NAME)
        self.add(_alertmanager(self.env))
        for body in alert_routes(self.env):
            self.add(body)
        # Prometheus sends every alert to each of the servers, and they agree on who notifies.
        self.add(service(NAME, NAME, PORT, "web"))
        self.add(disruption_budget(NAME))
        self.add(_network_policy(self.env))
        self.add(service_monitor(NAME, labels(NAME), "web"))


def _alertmanager(env: Environment) -> Body:
    """Take the routes as the whole configuration; those of other namespaces are not looked for.

    Silences outlive a pod on a volume. The pods get no API token: Alertmanager asks the API for nothing.
    """
    section = env.monitoring.alertmanager
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": BLOCK_STORAGE_CLASS,
        "resources": {"requests": {"storage": "2Gi"}},
    }
    spread = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels(NAME)},
    }
    spec = {
        "version": f"v{section.version}",
        "image": image(env, f"quay.io/prometheus/alertmanager:v{section.version}"),
        "imagePullPolicy": "IfNotPresent",
        "replicas": section.replicas,
        "serviceAccountName": NAME,
        "automountServiceAccountToken": False,
        "portName": "web",
        "retention": "120h",
        "externalUrl": f"http://{NAME}.{MONITORING}.svc:{PORT}",
        "alertmanagerConfiguration": {"name": ROUTES},
        "storage": {"volumeClaimTemplate": {"spec": claim}},
        "resources": resources("100m", "128Mi"),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 2000,
            "fsGroup": 2000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [spread],
        **placement("none", "system"),
    }
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Alertmanager",
        "metadata": {"name": NAME},
        "spec": spec,
    }


def _network_policy(env: Environment) -> Body:
    """Let Prometheus send alerts, the servers talk to one another, and notifications out if there are any."""
    peers = [network.pods(labels(NAME))]
    mesh = network.ports(MESH_PORT) + network.ports(MESH_PORT, protocol="UDP")
    return network.allow(
        NAME,
        labels(NAME),
        ingress=[
            {"from": [network.pods(PROMETHEUS)], "ports": network.ports(PORT)},
            scraped(PORT, RELOADER_PORT),
            {"from": peers, "ports": mesh},
        ],
        egress=[{"to": peers, "ports": mesh}, *_receivers(env)],
    )


def _receivers(env: Environment) -> Iterator[Body]:
    if sends(env):
        yield network.https_egress()
    if env.monitoring.alertmanager.sns_topic:
        yield network.pod_identity_egress()
