"""The section of storage: the buckets and the file system that the platform keeps data in."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from charts_src.model.base import Form, Model, Problem

Bucket = Annotated[
    str,
    Form(
        r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        "write the name of a bucket: 3 to 63 lower-case letters, digits, hyphens and dots",
    ),
]
"""Name of an S3 bucket."""


class Buckets(Model):
    """S3 buckets, all in the region of the cluster."""

    data: Bucket
    """Data sets and checkpoints; linked to the FSx file system below /data."""

    models: Bucket
    """Weights of models that are served."""

    artifacts: Bucket
    """What jobs leave behind: artifacts and logs of workflows, event logs of Spark."""

    logs: Bucket
    """Logs of containers and of access."""


SubnetId = Annotated[str, Form(r"^subnet-[0-9a-f]{8,17}$", "write the id of a subnet: subnet-...")]
"""Id of a subnet."""

SecurityGroupId = Annotated[str, Form(r"^sg-[0-9a-f]{8,17}$", "write the id of a security group: sg-...")]
"""Id of a security group."""


class FsxScratch(Model):
    """File systems that claims of class fsx-scratch make, and that go with them.

    They are not replicated, and have 1,200 GiB or more. They show what the data bucket holds; nothing is
    written back by itself.
    """

    subnet: SubnetId
    """Subnet of the file systems; best in the zone of the pods that use them."""

    security_groups: Annotated[tuple[SecurityGroupId, ...], Field(min_length=1, max_length=50)]
    """Security groups of the file systems; they admit TCP 988 and 1018 to 1023 from the nodes."""


class Fsx(Model):
    """An FSx for Lustre file system that exists, as lib/storage.py says it must be."""

    file_system_id: Annotated[str, Form(r"^fs-[0-9a-f]{8,40}$", "write the id of a file system: fs-...")]
    """Id of the file system."""

    mount_name: Annotated[
        str, Form(r"^[a-z0-9]{1,8}$", "write the mount name that FSx shows, such as abcdefgh")
    ]
    """Mount name, which FSx chooses for each file system."""

    capacity_gib: Annotated[int, Field(ge=1200, le=1_000_000)]
    """Size of the file system in GiB: 1200 or a multiple of 2400."""

    scratch: FsxScratch | None = None
    """Let claims make file systems of their own; no controller of FSx runs without it."""

    def problems(self) -> Iterable[Problem]:
        """Find a size that no SSD file system of type PERSISTENT_2 has."""
        if self.capacity_gib != 1200 and self.capacity_gib % 2400:
            yield Problem(
                ("capacity_gib",),
                f"{self.capacity_gib} is no size that FSx has; write 1200 or a multiple of 2400",
            )


class Storage(Model):
    """The buckets and the file system of an environment; made with its cluster."""

    buckets: Buckets
    """S3 buckets."""

    fsx: Fsx
    """Shared file system for data sets, checkpoints, caches and notebooks."""
