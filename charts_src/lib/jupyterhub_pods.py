"""The two programs of JupyterHub: the hub, and the proxy that all users' traffic goes through.

Sources: templates/hub, templates/proxy and values.yaml of zero-to-jupyterhub-k8s 4.4.0; the command line of
configurable-http-proxy 5.2.0.

Both have one replica and are recreated, as upstream: the hub can't run twice, and the proxy has its routes in
memory, where the hub must find them. Karpenter leaves their nodes alone, and a drain may take them.
"""

import hashlib

from charts_src.lib.accelerators import placement
from charts_src.lib.config_maps import config_volume
from charts_src.lib.images import image
from charts_src.lib.jupyterhub_settings import HUB_PORT, HUB_URL, PROXY_API_PORT, STATE
from charts_src.lib.pod import container, http_probe, mount, pod, port, requests, scratch
from charts_src.lib.ray import NO_DISRUPTION
from charts_src.model import Environment
from charts_src.model.jupyterhub import JupyterHub
from charts_src.objects import Body

SECRET = "jupyterhub"  # noqa: S105  # the name of a Secret
STATE_CLAIM = "hub-db-dir"
CONFIGURATION = "hub"
"""ConfigMap of the hub."""

PROXY_PORT = 8000
PROXY_METRICS_PORT = 8002

HUB = {"app.kubernetes.io/name": "jupyterhub-hub"}
PROXY = {"app.kubernetes.io/name": "jupyterhub-proxy"}

HUB_IMAGES = {"5.5.0": "quay.io/jupyterhub/k8s-hub:4.4.0"}
"""Version of JupyterHub -> image that has it, with kubespawner 7.0.0, oauthenticator 17.4.0 and
jupyterhub-idle-culler 1.4.0 (images/hub/requirements.txt of the chart's tag)."""

PROXY_IMAGE = "quay.io/jupyterhub/configurable-http-proxy:5.2.0"

_CONFIG = "/usr/local/etc/jupyterhub"
_PROXY_TOKEN = "CONFIGPROXY_AUTH_TOKEN"  # noqa: S105  # the name of a variable


def secret_keys(section: JupyterHub) -> dict[str, str]:
    """Give the environment variables of the hub that are secret -> their keys in the Secret."""
    keys = {
        _PROXY_TOKEN: "proxy-auth-token",
        "JPY_COOKIE_SECRET": "cookie-secret",
        "OAUTH_CLIENT_SECRET": "oauth-client-secret",
    }
    return keys | ({"PGPASSWORD": "database-password"} if section.database else {})


def hub(env: Environment, section: JupyterHub, configuration: Body) -> Body:
    """Give the hub's Deployment; a new configuration makes a new pod.

    Differences from upstream: no key of CryptKeeper, as no auth state is kept; the root file system can't be
    written; PostgreSQL, where it is used, is upgraded only if that is said.
    """
    spec = pod(
        _hub_container(env, section),
        serviceAccountName="hub",
        automountServiceAccountToken=True,
        volumes=[
            config_volume("config", CONFIGURATION),
            scratch("tmp", "100Mi"),
            _state(section),
        ],
        **placement("none", "system"),
    )
    identity = {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000}
    spec["securityContext"] = spec["securityContext"] | identity
    text = "".join(value for _, value in sorted(configuration["data"].items()))
    checksum = {"genai-on-eks/configuration": hashlib.sha256(text.encode()).hexdigest()[:16]}
    return _deployment("hub", HUB, spec, checksum)


def _hub_container(env: Environment, section: JupyterHub) -> Body:
    """Keep upstream's patience: a schema upgrade may take minutes, and there is no second hub to turn to."""
    upgrade = section.database.upgrade if section.database else True
    command = ["jupyterhub", "--config", f"{_CONFIG}/jupyterhub_config.py"]
    probe = "/hub/health"
    return container(
        "hub",
        image(env, HUB_IMAGES[section.version]),
        args=[*command, "--upgrade-db"] if upgrade else command,
        env=[{"name": "PYTHONUNBUFFERED", "value": "1"}, *_secrets(secret_keys(section))],
        ports=[port("http", HUB_PORT)],
        livenessProbe=http_probe(
            probe, "http", initialDelaySeconds=300, periodSeconds=10, timeoutSeconds=3, failureThreshold=30
        ),
        readinessProbe=http_probe(probe, "http", periodSeconds=2, timeoutSeconds=1, failureThreshold=1000),
        resources=_resources(section.memory),
        volumeMounts=[
            mount("config", _CONFIG, readOnly=True),
            mount("tmp", "/tmp"),  # noqa: S108  # an emptyDir
            mount("state", STATE),
        ],
    )


def _state(section: JupyterHub) -> Body:
    if section.database:
        return scratch("state", "100Mi")
    return {"name": "state", "persistentVolumeClaim": {"claimName": STATE_CLAIM}}


def proxy(env: Environment) -> Body:
    """Give the proxy's Deployment.

    Differences from upstream: metrics have a port; the hub's address is a name, not a variable of the hub's
    Service; request headers may be larger, as the load balancer's login adds cookies and tokens to each
    request, and Node refuses more than 16 KiB unless told otherwise.
    """
    program = container(
        "chp",
        image(env, PROXY_IMAGE),
        command=["configurable-http-proxy"],
        args=[
            "--ip=",
            "--api-ip=",
            f"--api-port={PROXY_API_PORT}",
            f"--default-target={HUB_URL}",
            f"--error-target={HUB_URL}/hub/error",
            f"--metrics-port={PROXY_METRICS_PORT}",
            f"--port={PROXY_PORT}",
        ],
        env=[
            {"name": "NODE_OPTIONS", "value": "--max-http-header-size=65536"},
            *_secrets({_PROXY_TOKEN: "proxy-auth-token"}),
        ],
        ports=[port("http", PROXY_PORT), port("api", PROXY_API_PORT), port("metrics", PROXY_METRICS_PORT)],
        livenessProbe=_proxy_probe(
            initialDelaySeconds=60, periodSeconds=10, timeoutSeconds=3, failureThreshold=30
        ),
        readinessProbe=_proxy_probe(periodSeconds=2, timeoutSeconds=1, failureThreshold=1000),
        resources=_resources("512Mi"),
    )
    spec = pod(
        program,
        serviceAccountName="proxy",
        terminationGracePeriodSeconds=60,
        **placement("none", "system"),
    )
    spec["securityContext"] = spec["securityContext"] | {"runAsUser": 65534, "runAsGroup": 65534}
    return _deployment("proxy", PROXY, spec, {})


def _proxy_probe(**timing: int) -> Body:
    return http_probe("/_chp_healthz", "http", **timing)


def _resources(memory: str) -> Body:
    """Leave CPU without a limit: everyone waits for these two."""
    return requests("200m", memory, memory)


def _secrets(keys: dict[str, str]) -> list[Body]:
    return [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": SECRET, "key": key}}}
        for variable, key in keys.items()
    ]


def _deployment(name: str, labels: dict[str, str], spec: Body, annotations: dict[str, str]) -> Body:
    metadata = {"labels": labels, "annotations": NO_DISRUPTION | annotations}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "Recreate"},
            "template": {"metadata": metadata, "spec": spec},
        },
    }
