"""The section of the CSI drivers, which make volumes of EBS, FSx for Lustre and S3 for pods."""

from typing import Annotated, Literal

from pydantic import Field

from charts_src.model.base import VERSION, Form, Model

KeyArn = Annotated[
    str,
    Form(
        r"^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-z-]+$",
        "write the ARN of a key: arn:aws:kms:REGION:ACCOUNT:key/ID",
    ),
]
"""ARN of a key in AWS KMS."""


class EbsCsiDriver(Model):
    """The driver of block volumes, which one pod uses at a time."""

    version: Annotated[Literal["1.63.0"], VERSION] = "1.63.0"
    """Version of the driver."""

    volume_key: KeyArn | None = None
    """KMS key of new volumes; the account's default key for EBS unless set. Decide before the first rollout:
    StorageClasses can't be changed, only deleted and made anew."""


class FsxCsiDriver(Model):
    """The driver of FSx for Lustre file systems, which many pods share."""

    version: Annotated[Literal["1.9.0"], VERSION] = "1.9.0"
    """Version of the driver."""


class S3CsiDriver(Model):
    """The driver of S3 buckets that are mounted by Mountpoint."""

    version: Annotated[Literal["2.7.0"], VERSION] = "2.7.0"
    """Version of the driver, whose image has Mountpoint in it too."""

    headroom: bool = False
    """Let pods with the scheduling gate of lib/storage.py keep room on their node for the Mountpoint pod that
    serves them; experimental upstream. Without it a full node leaves such pods waiting for their volume."""


class CsiDrivers(Model):
    """The CSI drivers."""

    replicas: Annotated[int, Field(ge=1, le=3)] = 2
    """Pods of each controller; one leads, the others take over when it fails."""

    ebs: EbsCsiDriver = EbsCsiDriver()
    """Block volumes."""

    fsx: FsxCsiDriver = FsxCsiDriver()
    """Shared file systems; in environments with the section storage."""

    s3: S3CsiDriver = S3CsiDriver()
    """Buckets; in environments with the section storage."""
