"""The volumes that components share; the component `storage` makes them.

The shared file system is made with the cluster, outside Kubernetes: the FSx driver can create none with a
data repository association (aws-fsx-csi-driver issue #367; controller.go of v1.9.0 has no parameter for it).
FSX_FILE_SYSTEM and FSX_DATA_REPOSITORY say how it must be made. Pods write to it as uid FSX_USER.

Models are read straight from their bucket, through Mountpoint: any number of readers, no copy, no POSIX
writes. A pod mounts them with models_volume() and reads below the path where it mounts them.
"""

from charts_src.lib.namespaces import NOTEBOOKS, RAY, STABLE_DIFFUSION, TRAINING
from charts_src.objects import Body

FSX_CLAIM = "fsx"
"""PersistentVolumeClaim of the shared FSx file system, in each of FSX_NAMESPACES; ReadWriteMany."""

FSX_NAMESPACES = (NOTEBOOKS, RAY, TRAINING)

FSX_USER = 1000
"""User and group that own the folders of FSX_DIRECTORIES; the root folder is root's."""

FSX_DATA = "data"
"""Folder of the shared file system that shows the data bucket; what is written there goes to the bucket."""

FSX_DIRECTORIES = (FSX_DATA, "cache", "checkpoints", "notebooks")
"""Folders at the root of the shared file system."""

FSX_FILE_SYSTEM: Body = {
    "FileSystemType": "LUSTRE",
    "StorageType": "SSD",
    "FileSystemTypeVersion": "2.15",
    "LustreConfiguration": {"DeploymentType": "PERSISTENT_2", "DataCompressionType": "LZ4"},
}
"""Fields of CreateFileSystem that the shared file system must have (aws-sdk-go-v2 service/fsx v1.65.0). An
association needs at least Lustre 2.12; 2.15 is recommended for new ones, and the client of Amazon Linux 2023
mounts no 2.10 (aws-fsx-csi-driver issue #437). Its security group admits TCP 988 and 1018 to 1023 from the
nodes and from itself. It has the tag `cluster` with the name of the cluster, by which the FSx driver's
permissions tell it from those of claims."""

FSX_DATA_REPOSITORY: Body = {
    "FileSystemPath": f"/{FSX_DATA}/",
    "BatchImportMetaDataOnCreate": True,
    "S3": {
        "AutoImportPolicy": {"Events": ["NEW", "CHANGED", "DELETED"]},
        "AutoExportPolicy": {"Events": ["NEW", "CHANGED", "DELETED"]},
    },
}
"""Fields of CreateDataRepositoryAssociation; its DataRepositoryPath is data_repository()."""

FSX_SCRATCH_CLASS = "fsx-scratch"
"""StorageClass of file systems that live as long as their claim; where storage.fsx.scratch is set."""

BLOCK_STORAGE_CLASS = "gp3"
"""StorageClass of encrypted EBS volumes, the default: a volume goes with its claim."""

RETAINED_BLOCK_STORAGE_CLASS = "gp3-retain"
"""StorageClass of encrypted EBS volumes that stay in the account when their claim is deleted."""

MODELS_CLAIM = "models"
"""PersistentVolumeClaim of the bucket of models, in each of MODELS_NAMESPACES; ReadOnlyMany."""

MODELS_NAMESPACES = (RAY, STABLE_DIFFUSION)

HEADROOM_GATE = {"name": "s3.csi.aws.com/reserve-headroom-for-mppod"}
"""Scheduling gate of a pod that mounts models, where csi_drivers.s3.headroom is on and only there: without
the controller to lift it, a pod with it never starts."""


def fsx_volume(name: str = "fsx") -> Body:
    """Give the volume of a pod that is the shared file system."""
    return {"name": name, "persistentVolumeClaim": {"claimName": FSX_CLAIM}}


def models_volume(name: str = "models") -> Body:
    """Give the volume of a pod that is the bucket of models."""
    return {"name": name, "persistentVolumeClaim": {"claimName": MODELS_CLAIM, "readOnly": True}}


def data_repository(bucket: str) -> str:
    """Give the S3 path that FSX_DATA_REPOSITORY links."""
    return f"s3://{bucket}/"
