"""JupyterHub: the hub and its proxy, and the namespace in which users' servers run.

Source: zero-to-jupyterhub-k8s 4.4.0, jupyterhub/templates (hub, proxy, singleuser, image-puller), object by
object. What it has and this has not:

- Secret `hub`: it holds generated values and all of the chart's values; ours comes from Secrets Manager.
- user-scheduler, user-placeholder, PriorityClasses: they pack users onto nodes and keep spare ones; Karpenter
  launches what is needed, and the culler lets nodes become empty.
- hook-image-puller and image-awaiter: they hold up a release until every node has pulled; a node here is
  younger than its first notebook.
- autohttps, Service proxy-http: TLS ends at the load balancer.

Servers live in a namespace of their own, so that the hub's Role can't touch the hub itself.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from charts_src.lib import iam, monitoring, rbac
from charts_src.lib.config_maps import config_map
from charts_src.lib.controllers import disruption_budget, service
from charts_src.lib.external_secrets import external_secret
from charts_src.lib.ingress import Backend, ingress
from charts_src.lib.jupyterhub_access import SPAWNER, SPAWNER_RULES, in_notebooks
from charts_src.lib.jupyterhub_network import policies
from charts_src.lib.jupyterhub_pods import (
    CONFIGURATION,
    HUB,
    PROXY,
    PROXY_PORT,
    SECRET,
    STATE_CLAIM,
    hub,
    proxy,
    secret_keys,
)
from charts_src.lib.jupyterhub_settings import HUB_PORT, PROXY_API_PORT, settings
from charts_src.lib.namespaces import JUPYTERHUB, NOTEBOOKS
from charts_src.lib.notebook_images import puller
from charts_src.lib.notebooks import ACCOUNT
from charts_src.lib.ray import SHARED_TOKEN, TOKEN_KEY
from charts_src.lib.storage import BLOCK_STORAGE_CLASS
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.jupyterhub import JupyterHub
from charts_src.objects import Body


class JupyterHubComponent(Component):
    """The hub, its proxy, and all that users' servers need."""

    name = "jupyterhub"
    target_namespace = JUPYTERHUB

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section jupyterhub."""
        return env.jupyterhub is not None

    def versions(self) -> dict[str, str]:
        """Name the version of JupyterHub."""
        return {"jupyterhub": self._section.version}

    def pod_identities(self) -> Sequence[iam.PodIdentity]:
        """Let users' servers read the buckets of data and models."""
        return iam.reads_data_and_models(self.env, NOTEBOOKS, ACCOUNT)

    def compose(self) -> None:
        """Add the hub, the proxy, and what surrounds users' servers."""
        self._accounts()
        self._programs()
        self._services()
        for policy in policies(self.env, self._section):
            self.add(policy)
        self._servers()

    @property
    def _section(self) -> JupyterHub:
        assert self.env.jupyterhub  # noqa: S101  # enabled() is asked first
        return self.env.jupyterhub

    def _accounts(self) -> None:
        rbac.service_account(self, "hub")
        rbac.service_account(self, "proxy")
        self.add(rbac.role(SPAWNER, SPAWNER_RULES, NOTEBOOKS))
        self.add(rbac.role_binding(SPAWNER, "hub", JUPYTERHUB, NOTEBOOKS))

    def _programs(self) -> None:
        configuration = _configuration(self.env, self._section)
        self.add(external_secret(self.env, SECRET, secret_keys(self._section).values()))
        self.add(configuration)
        if not self._section.database:
            self.add(_state_claim())
        self.add(hub(self.env, self._section, configuration))
        self.add(proxy(self.env))
        for name, labels in (("hub", HUB), ("proxy", PROXY)):
            self.add(disruption_budget(name, labels))
        self.add(monitoring.pod_monitor("hub", HUB, "http", path="/hub/metrics"))
        self.add(monitoring.pod_monitor("proxy", PROXY, "metrics", path="/metrics"))

    def _services(self) -> None:
        """Lead users through the load balancer to the proxy.

        Kernels' WebSockets stay open: Jupyter pings every 30 seconds (jupyter_server, base/websocket.py), and
        the load balancer waits for 600.
        """
        self.add(service("hub", HUB, HUB_PORT, "http", labelled=False))
        self.add(service("proxy-api", PROXY, PROXY_API_PORT, "api", labelled=False))
        self.add(service("proxy-public", PROXY, PROXY_PORT, "http", labelled=False))
        backend = Backend("proxy-public", PROXY_PORT, "/_chp_healthz", drain_seconds=30)
        self.add(ingress(self.env.ingress, "jupyterhub", self._section.host, backend))

    def _servers(self) -> None:
        self.add(rbac.account(ACCOUNT, NOTEBOOKS))
        if self.env.ray_cluster:
            self.add(in_notebooks(external_secret(self.env, SHARED_TOKEN, [TOKEN_KEY])))
        if self._section.prepull and (daemon_set := puller(self.env)):
            self.add(rbac.account(daemon_set["metadata"]["name"], NOTEBOOKS))
            self.add(in_notebooks(daemon_set))


def _configuration(env: Environment, section: JupyterHub) -> Body:
    """Give the hub its configuration file, and the settings that it reads."""
    program = Path(__file__).parent.parent / "lib" / "jupyterhub_config.py"
    files = {
        "jupyterhub_config.py": program.read_text(encoding="utf-8"),
        "settings.json": json.dumps(settings(env, section), indent=2) + "\n",
    }
    return config_map(CONFIGURATION, files)


def _state_claim() -> Body:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": STATE_CLAIM},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": BLOCK_STORAGE_CLASS,
            "volumeMode": "Filesystem",
        },
    }
