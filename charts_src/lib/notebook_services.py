"""The services of the cluster that notebooks may call: where they are, and which pods answer.

Each gives a variable of users' servers, and a rule of their network policy; the policy of the service lets
notebooks in by `callers`.
"""

from typing import NamedTuple

from charts_src.lib import network
from charts_src.lib.namespaces import NOTEBOOKS, STABLE_DIFFUSION
from charts_src.lib.ray import INSTANCE_LABEL, SERVE, WORKER, serve_service
from charts_src.model import Environment
from charts_src.objects import Body

NOTEBOOK = {"app.kubernetes.io/name": "notebook"}
"""Label of users' servers."""


class NotebookService(NamedTuple):
    """A RayService that notebooks may call on Serve's port."""

    variable: str
    """Environment variable of users' servers that has its URL."""

    namespace: str
    name: str

    @property
    def url(self) -> str:
        """Give the URL, which has no slash at its end."""
        return f"http://{serve_service(self.name)}.{self.namespace}.svc:{SERVE}"

    @property
    def rule(self) -> Body:
        """Give the rule that lets servers call it."""
        workers = network.pods({INSTANCE_LABEL: self.name} | WORKER, self.namespace)
        return {"to": [workers], "ports": network.ports(SERVE)}


def notebook_services(env: Environment) -> list[NotebookService]:
    """Give the services that the environment has."""
    variants = env.stable_diffusion.variants() if env.stable_diffusion else {}
    return [
        NotebookService(f"STABLE_DIFFUSION_{name.upper()}_URL", STABLE_DIFFUSION, f"stable-diffusion-{name}")
        for name in variants
    ]


def callers(env: Environment) -> list[Body]:
    """Give the peers "users' servers", for the policy of a service; none without JupyterHub."""
    return [network.pods(NOTEBOOK, NOTEBOOKS)] if env.jupyterhub else []
