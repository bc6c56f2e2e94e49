"""Grafana: dashboards from Git, for people who have logged in.

Sources: image and user 472 of grafana 13.2.0 (Dockerfile: GF_UID), conf/defaults.ini (settings that are read
from the environment as GF_<SECTION>_<KEY>), manifests/grafana-deployment.yaml of
prometheus-operator/kube-prometheus.
"""

import hashlib
import json

from charts_src.lib import network, rbac
from charts_src.lib.config_maps import config_map, config_volume
from charts_src.lib.controllers import disruption_budget, labels, service, single
from charts_src.lib.dashboards import DASHBOARDS
from charts_src.lib.external_secrets import external_secret
from charts_src.lib.grafana_config import DASHBOARDS_PATH, PORT, files
from charts_src.lib.images import image
from charts_src.lib.ingress import Backend, ingress
from charts_src.lib.monitoring import PROMETHEUS, scraped, service_monitor
from charts_src.lib.namespaces import MONITORING
from charts_src.lib.pod import container, http_probe, mount, pod, port, resources, scratch
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "grafana"
_USER = 472

SECRET = {
    "admin-password": "GF_SECURITY_ADMIN_PASSWORD",
    "oauth-client-id": "GF_AUTH_GENERIC_OAUTH_CLIENT_ID",
    "oauth-client-secret": "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET",
    "secret-key": "GF_SECURITY_SECRET_KEY",
}
"""Key of the remote secret `grafana` -> environment variable. The password is for a provider that is down."""


class Grafana(Component):
    """One pod without a volume: dashboards come from Git, people from the identity provider."""

    name = NAME
    target_namespace = MONITORING

    def versions(self) -> dict[str, str]:
        """Name the version."""
        return {NAME: self.env.monitoring.grafana.version}

    def compose(self) -> None:
        """Add Grafana with its files, and the way to it."""
        rbac.service_account(self, NAME)
        self.add(external_secret(self.env, NAME, SECRET))
        self.add(config_map("grafana-config", files(self.env)))
        for uid, dashboard in DASHBOARDS.items():
            text = json.dumps(dashboard, indent=1, sort_keys=True) + "\n"
            self.add(config_map(_dashboard_name(uid), {f"{uid}.json": text}))
        self.add(_deployment(self.env))
        self.add(disruption_budget(NAME))
        self.add(service(NAME, NAME, PORT, "http"))
        backend = Backend(NAME, PORT, "/api/health", 30)
        self.add(ingress(self.env.ingress, NAME, self.env.monitoring.grafana.host, backend))
        self.add(service_monitor(NAME, labels(NAME), "http"))
        self.add(_network_policy(self.env))


def _dashboard_name(uid: str) -> str:
    return f"grafana-dashboard-{uid}"


def _deployment(env: Environment) -> Body:
    """Start anew when the settings change, which Grafana reads once; dashboards it reads again by itself."""
    checksum = hashlib.sha256("".join(files(env).values()).encode()).hexdigest()
    return single(NAME, _pod(env), {"genai-on-eks/config-checksum": checksum})


def _pod(env: Environment) -> Body:
    dashboards = [{"configMap": {"name": _dashboard_name(uid)}} for uid in DASHBOARDS]
    return pod(
        _container(env),
        serviceAccountName=NAME,
        securityContext={
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        volumes=[
            config_volume("config", "grafana-config"),
            {"name": "dashboards", "projected": {"sources": dashboards, "defaultMode": 420}},
            scratch("data", "1Gi"),
            scratch("tmp", "256Mi"),
        ],
    )


def _container(env: Environment) -> Body:
    section = env.monitoring.grafana
    return container(
        NAME,
        image(env, f"docker.io/grafana/grafana:{section.version}"),
        env=[_secret(variable, key) for key, variable in SECRET.items()],
        ports=[port("http", PORT)],
        startupProbe=http_probe("/api/health", "http", periodSeconds=5, failureThreshold=60),
        livenessProbe=http_probe("/api/health", "http", timeoutSeconds=10),
        readinessProbe=http_probe("/api/health", "http"),
        resources=resources(section.cpu, section.memory),
        volumeMounts=[
            _file("grafana.ini", "/etc/grafana/grafana.ini"),
            _file("datasources.yaml", "/etc/grafana/provisioning/datasources/datasources.yaml"),
            _file("dashboards.yaml", "/etc/grafana/provisioning/dashboards/dashboards.yaml"),
            mount("dashboards", DASHBOARDS_PATH, readOnly=True),
            mount("data", "/var/lib/grafana"),
            mount("tmp", "/tmp"),  # noqa: S108  # an emptyDir
        ],
    )


def _secret(variable: str, key: str) -> Body:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": NAME, "key": key}}}


def _file(name: str, path: str) -> Body:
    return mount("config", path, readOnly=True) | {"subPath": name}


def _network_policy(env: Environment) -> Body:
    """Let the load balancer in, and Grafana to Prometheus and, over HTTPS, to the identity provider."""
    return network.allow(
        NAME,
        labels(NAME),
        ingress=[
            {"from": [network.block(env.cluster.vpc_cidr)], "ports": network.ports(PORT)},
            scraped(PORT),
        ],
        egress=[
            {"to": [network.pods(PROMETHEUS)], "ports": network.ports(9090)},
            network.https_egress(),
        ],
    )
