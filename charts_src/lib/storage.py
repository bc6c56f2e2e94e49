"""Names of the volumes that components share; the component `storage` makes them."""

from charts_src.lib.namespaces import NOTEBOOKS, RAY, TRAINING
from charts_src.objects import Body

FSX_CLAIM = "fsx"
"""PersistentVolumeClaim of the shared FSx file system, in each of FSX_NAMESPACES; ReadWriteMany."""

FSX_NAMESPACES = (NOTEBOOKS, RAY, TRAINING)

BLOCK_STORAGE_CLASS = "gp3"
"""StorageClass of encrypted EBS volumes."""


def fsx_volume(name: str = "fsx") -> Body:
    """Give the volume of a pod that is the shared file system."""
    return {"name": name, "persistentVolumeClaim": {"claimName": FSX_CLAIM}}
