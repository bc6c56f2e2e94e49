"""The section of Argo Workflows: how many run at a time, what is kept of them, who may start them."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Form, Model, Name, Problem, Quantity
from charts_src.model.storage import Storage

Group = Annotated[str, Form(r"^[A-Za-z0-9_.@-]{1,128}$", "write the name of a group as the login gives it")]
"""Group of users, as the login names it."""


class ArgoWorkflows(Model):
    """The controller that runs workflows, and the server that shows them behind a login."""

    version: Annotated[Literal["4.1.4"], VERSION] = "4.1.4"
    """Version of the controller, the server, the executor and the CRDs."""

    host: Name = "workflows"
    """Host name of the web interface, below ingress.domain."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of the controller, of which one leads, and of the server."""

    cpu: Quantity = "250m"
    """CPU of each pod, request and limit."""

    memory: Quantity = "512Mi"
    """Memory of each pod, request and limit."""

    parallelism: Annotated[int, Field(ge=1, le=1000)] = 20
    """Workflows that run at one time; others wait."""

    keep_days: Annotated[int, Field(ge=1, le=90)] = 14
    """Days for which a workflow can still be looked at after it has ended; logs stay in the bucket."""

    keep_each: Annotated[int, Field(ge=1, le=1000)] = 100
    """Workflows kept of each result: completed, failed, in error."""

    longest_days: Annotated[int, Field(ge=1, le=90)] = 14
    """Days after which a workflow is stopped that says nothing about its own time."""

    templates_only: bool = True
    """Run only WorkflowTemplates, which come through Git; who starts one chooses steps and parameters."""

    submitters: Annotated[tuple[Group, ...], Field(max_length=20)] = ("ml-engineers",)
    """Groups whose members may start, stop and delete workflows; everyone else who logs in may look."""


def check(storage: Storage | None) -> Iterable[Problem]:
    """Find an environment in which workflows have no bucket for what they leave behind."""
    if storage is None:
        yield Problem(("argo_workflows",), "needs the artifacts bucket; set storage, or remove this section")
