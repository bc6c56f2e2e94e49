"""The section of storage: the buckets and the file system that the platform keeps data in."""

from typing import Annotated

from pydantic import Field

from charts_src.model.base import Form, Model

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


class Fsx(Model):
    """An FSx for Lustre file system that exists, with a data repository association to the data bucket."""

    file_system_id: Annotated[str, Form(r"^fs-[0-9a-f]{8,40}$", "write the id of a file system: fs-...")]
    """Id of the file system."""

    mount_name: Annotated[
        str, Form(r"^[a-z0-9]{1,8}$", "write the mount name that FSx shows, such as abcdefgh")
    ]
    """Mount name, which FSx chooses for each file system."""

    capacity_gib: Annotated[int, Field(ge=1200, le=1_000_000)]
    """Size of the file system in GiB."""


class Storage(Model):
    """The buckets and the file system of an environment; made with its cluster."""

    buckets: Buckets
    """S3 buckets."""

    fsx: Fsx
    """Shared file system for data sets, checkpoints, caches and notebooks."""
