"""The classes and volumes that components share: block volumes, the shared file system, the models' bucket.

Sources: docs/parameters.md of aws-ebs-csi-driver v1.63.1; pkg/driver/controller.go (parameters) and node.go
(volume attributes) of aws-fsx-csi-driver v1.9.0; docs/CONFIGURATION.md of mountpoint-s3-csi-driver v2.7.0.

A file system or bucket gets a volume for each namespace, as a claim belongs to one namespace and a volume to
one claim. The namespace makes volume handles unique: kubelet takes two volumes of one handle for one, and
neither node plugin reads more into a handle. Volumes are made by hand, so claims name them and no class.
"""

from collections.abc import Iterator
from typing import Any

from charts_src.lib.namespaces import STORAGE
from charts_src.lib.s3_csi import MOUNTPOINT
from charts_src.lib.storage import (
    BLOCK_STORAGE_CLASS,
    FSX_CLAIM,
    FSX_NAMESPACES,
    FSX_SCRATCH_CLASS,
    MODELS_CLAIM,
    MODELS_NAMESPACES,
    RETAINED_BLOCK_STORAGE_CLASS,
    data_repository,
)
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.storage import Fsx, FsxScratch
from charts_src.objects import Body

_DEFAULT_CLASS = {"storageclass.kubernetes.io/is-default-class": "true"}
_KEPT = {
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
}
"""As on claims (waves.py): a volume that goes before its claim would leave pods hanging on both."""

_IGNORED_SIZE = "1Ti"
"""Kubernetes wants a size of a bucket; nothing looks at it."""


class Storage(Component):
    """Storage classes, and the volumes and claims of what was made with the cluster."""

    name = "storage"
    target_namespace = STORAGE

    def compose(self) -> None:
        """Add the classes of EBS and, in environments with the section storage, all else."""
        env = self.env
        self.add(_block_class(env, BLOCK_STORAGE_CLASS, "Delete", annotations=_DEFAULT_CLASS))
        self.add(_block_class(env, RETAINED_BLOCK_STORAGE_CLASS, "Retain"))
        if env.storage:
            for namespace in (*FSX_NAMESPACES, STORAGE):
                for body in _file_system(env.storage.fsx, env.aws.region, namespace):
                    self.add(body)
            for namespace in MODELS_NAMESPACES:
                for body in _models(env.storage.buckets.models, env.aws.region, namespace):
                    self.add(body)
            if scratch := env.storage.fsx.scratch:
                self.add(_scratch_class(env, scratch, env.storage.buckets.data))


def _block_class(env: Environment, name: str, reclaim: str, **metadata: Any) -> Body:
    """Make volumes where the pod was scheduled; EBS volumes belong to one zone."""
    key = env.csi_drivers.ebs.volume_key
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name} | metadata,
        "provisioner": "ebs.csi.aws.com",
        "parameters": {
            "csi.storage.k8s.io/fstype": "ext4",
            "encrypted": "true",
            "type": "gp3",
            **({"kmsKeyId": key} if key else {}),
        },
        "allowVolumeExpansion": True,
        "reclaimPolicy": reclaim,
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _scratch_class(env: Environment, scratch: FsxScratch, bucket: str) -> Body:
    """Make file systems that list the data bucket and can archive below scratch/ in it.

    A file system has one zone but is mounted from all, so it can be made before its pods are scheduled.
    Version 2.15, because the client of Amazon Linux 2023 mounts no 2.10, which is FSx' default.
    """
    repository = data_repository(bucket)
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": FSX_SCRATCH_CLASS},
        "provisioner": "fsx.csi.aws.com",
        "parameters": {
            "autoImportPolicy": "NEW_CHANGED",
            "dataCompressionType": "LZ4",
            "deploymentType": "SCRATCH_2",
            "fileSystemTypeVersion": "2.15",
            "s3ExportPath": f"{repository}scratch/{env.cluster.name}",
            "s3ImportPath": repository.rstrip("/"),
            "securityGroupIds": ",".join(scratch.security_groups),
            "subnetId": scratch.subnet,
        },
        "mountOptions": ["flock"],
        "allowVolumeExpansion": False,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def _file_system(fsx: Fsx, region: str, namespace: str) -> Iterator[Body]:
    source = {
        "driver": "fsx.csi.aws.com",
        "volumeHandle": f"{fsx.file_system_id}-{namespace}",
        "volumeAttributes": {
            "dnsname": f"{fsx.file_system_id}.fsx.{region}.amazonaws.com",
            "mountname": fsx.mount_name,
        },
    }
    size = f"{fsx.capacity_gib}Gi"
    spec = _volume("ReadWriteMany", size) | {"csi": source, "mountOptions": ["flock"]}
    yield from _bound(FSX_CLAIM, namespace, spec)


def _models(bucket: str, region: str, namespace: str) -> Iterator[Body]:
    """Mount the bucket as root does, for pods of any user; its region is said, as IMDS can't be asked."""
    source = {
        "driver": "s3.csi.aws.com",
        "volumeHandle": f"{bucket}-{namespace}",
        "volumeAttributes": {
            "authenticationSource": "driver",
            "bucketName": bucket,
            "mountpointPodServiceAccountName": MOUNTPOINT,
        },
    }
    options = ["read-only", "allow-other", f"region {region}"]
    spec = _volume("ReadOnlyMany", _IGNORED_SIZE) | {"csi": source, "mountOptions": options}
    yield from _bound(MODELS_CLAIM, namespace, spec)


def _volume(mode: str, size: str) -> Body:
    return {
        "accessModes": [mode],
        "capacity": {"storage": size},
        "persistentVolumeReclaimPolicy": "Retain",
        "volumeMode": "Filesystem",
    }


def _bound(claim: str, namespace: str, volume: Body) -> Iterator[Body]:
    """Give a volume that only this claim may have, and the claim that takes no other volume."""
    name = f"{claim}-{namespace}"
    yield {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": _KEPT},
        "spec": volume | {"claimRef": {"namespace": namespace, "name": claim}},
    }
    yield {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": claim, "namespace": namespace},
        "spec": {
            "accessModes": volume["accessModes"],
            "resources": {"requests": {"storage": volume["capacity"]["storage"]}},
            "storageClassName": "",
            "volumeMode": "Filesystem",
            "volumeName": name,
        },
    }
