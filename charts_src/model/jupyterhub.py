"""JupyterHub's section: notebooks on CPUs and on every kind of accelerator that the node pools have."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.accelerators import Accelerator
from charts_src.model.base import VERSION, Form, Hostname, ImageTag, Model, Name, Problem, Quantity
from charts_src.model.karpenter import Karpenter
from charts_src.model.placing import known, pools_of, unplaceable

Text = Annotated[str, Field(min_length=1, max_length=200)]
"""Text that users read, or the name of a claim or a group."""

Minutes = Annotated[int, Field(ge=1, le=43_200)]
"""A time in minutes, 30 days at most."""


class Profile(Model):
    """One kind of notebook server that users choose from."""

    title: Text
    """What users read in the list."""

    description: Text
    """What it is for, below the title."""

    accelerator: Accelerator = "none"
    """What it computes with. The profile is left out where no node pool has it."""

    accelerators: Annotated[int, Field(ge=1, le=64)] = 1
    """GPUs or Neuron devices; without meaning for CPUs."""

    cpus: Annotated[int, Field(ge=1, le=1000)]
    """CPUs that the server always gets; it may use more while the node has more."""

    memory_gib: Annotated[int, Field(ge=1, le=4096)]
    """Memory in GiB; a kernel that wants more is killed."""

    shared_memory_gib: Annotated[int, Field(ge=1, le=4096)] = 2
    """Part of the memory that /dev/shm may take, in GiB; data loaders of PyTorch use it."""

    def problems(self) -> Iterable[Problem]:
        """Find more shared memory than memory."""
        if self.shared_memory_gib > self.memory_gib:
            yield Problem(
                ("shared_memory_gib",),
                f"{self.shared_memory_gib} is above memory_gib {self.memory_gib}, of which it is a part; "
                "lower it",
            )


class Database(Model):
    """A PostgreSQL database for the hub, instead of a file on a volume that is in one zone."""

    host: Hostname
    """Host name, inside the VPC; its password is in the Secret of the hub."""

    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    """Port."""

    name: Annotated[str, Form(r"^[a-z_][a-z0-9_]{0,62}$", "write the name of a database")] = "jupyterhub"
    """Name of the database."""

    user: Annotated[str, Form(r"^[a-z_][a-z0-9_]{0,62}$", "write the name of a role")] = "jupyterhub"
    """Role that owns it."""

    upgrade: bool = False
    """Change its schema when a new hub needs that: make a backup first. A file is copied and changed
    without being asked."""


class JupyterHub(Model):
    """Notebooks for everyone who may log in; each user has a server of their own."""

    version: Annotated[Literal["5.5.0"], VERSION] = "5.5.0"
    """Version of JupyterHub, that of chart 4.4.0 and its image."""

    host: Name = "notebooks"
    """Host name, below ingress.domain."""

    oauth_client_id: Annotated[
        str, Form(r"^[A-Za-z0-9._~-]{1,128}$", "write the id of an app client, without spaces")
    ]
    """App client of the hub at the login of the ingress, not that of the load balancer. Its callback URL is
    https://<host>.<domain>/hub/oauth_callback; its secret is in the Secret of the hub."""

    username_claim: Text | None = None
    """Claim that names a user; cognito:username or sub unless set. It must not be one that users can edit."""

    groups_claim: (
        Annotated[str, Form(r"^[^. ]{1,200}$", "write the name of a claim, without dots and spaces")] | None
    ) = None
    """Claim with the groups of a user; cognito:groups or groups unless set."""

    allowed_groups: tuple[Text, ...] = ()
    """Groups whose members may use notebooks; everyone who passes the login unless set."""

    admin_groups: tuple[Text, ...] = ()
    """Groups whose members administer the hub, and may enter every server."""

    profiles: Annotated[Mapping[Name, Profile], Field(min_length=1)]
    """Kinds of servers by name. The first one that has nodes is the default."""

    image_tag: ImageTag = "0.1.0"
    """Tag of the images notebook, notebook-gpu and notebook-neuron in the registry of the environment."""

    prepull: bool = True
    """Have every CPU node pull the CPU image in advance."""

    home_gib: Annotated[int, Field(ge=1, le=16_384)] = 20
    """Size of the volume with a user's home, in GiB; it stays when the user goes."""

    max_servers: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Most servers at one time, all users together."""

    idle_minutes: Minutes = 60
    """Stop a server that was idle so long. What a kernel prints counts as activity, what it computes in
    silence does not: have long jobs print, or run them as jobs."""

    max_hours: Annotated[int, Field(ge=1, le=720)] | None = None
    """Stop a server after so many hours even if it is used."""

    kernel_idle_minutes: Minutes | None = None
    """Stop a kernel that was idle so long and has no open tab, which frees accelerator memory but no node."""

    session_hours: Annotated[int, Field(ge=1, le=720)] = 24
    """How long a login lasts. Changes of groups take effect at the next one."""

    start_timeout_seconds: Annotated[int, Field(ge=60, le=7200)] = 1200
    """How long a server may take to start: a new node, and an image of 10 GB on it."""

    database: Database | None = None
    """PostgreSQL for the hub; a SQLite file on a volume unless set."""

    memory: Quantity = "1Gi"
    """Memory of the hub, request and limit."""

    def problems(self) -> Iterable[Problem]:
        """Find a server that is stopped for its age before it can be idle."""
        if self.max_hours and self.max_hours * 60 < self.idle_minutes:
            yield Problem(("max_hours",), f"{self.max_hours} is shorter than idle_minutes; raise it")


def check(section: JupyterHub, karpenter: Karpenter) -> Iterable[Problem]:
    """Find profiles that no node can hold; paths start at the environment."""
    if not known(karpenter):
        return
    for name, message in unplaceable(section.profiles, karpenter):
        yield Problem(("jupyterhub", "profiles", name), message)
    if not any(pools_of(profile, karpenter) for profile in section.profiles.values()):
        yield Problem(("jupyterhub", "profiles"), "no node pool has nodes for any of them; add a profile")
