"""The definition of MountpointS3PodAttachments.

Through them the S3 driver's controller tells node plugins which Mountpoint pod serves which pod. Source:
mountpoint-s3-csi-driver v2.7.0, pkg/api/v2/mountpoints3podattachment_types.go and
deploy/kubernetes/base/mountpoints3podattachments-crd.yaml. No package registry has the second major version
of that module, so the definition is written here, without descriptions.
"""

from typing import Any

from charts_src.lib.namespaces import STORAGE
from charts_src.lib.s3_csi import DEFINITION
from charts_src.manifest import Component
from charts_src.objects import Body

_TEXT = {"type": "string"}


class S3CsiCrds(Component):
    """The definition that the S3 driver works with; apart, so that it outlives the driver."""

    name = "s3-csi-crds"
    target_namespace = STORAGE

    def versions(self) -> dict[str, str]:
        """Name the version that the definition comes from."""
        return {"mountpoint-s3-csi-driver": self.env.csi_drivers.s3.version}

    def compose(self) -> None:
        """Add the definition."""
        self.add(_definition())


def _definition() -> Body:
    version = {
        "name": "v2",
        "served": True,
        "storage": True,
        "additionalPrinterColumns": _columns(),
        "schema": {"openAPIV3Schema": _schema()},
        "selectableFields": [{"jsonPath": ".spec.nodeName"}],
        "subresources": {"status": {}},
    }
    names = {
        "kind": "MountpointS3PodAttachment",
        "listKind": "MountpointS3PodAttachmentList",
        "plural": "mountpoints3podattachments",
        "shortNames": ["s3pa"],
        "singular": "mountpoints3podattachment",
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": DEFINITION},
        "spec": {
            "group": "s3.csi.aws.com",
            "names": names,
            "scope": "Cluster",
            "conversion": {"strategy": "None"},
            "versions": [version],
        },
    }


def _columns() -> list[Body]:
    fields = {"Node": "nodeName", "PV Name": "persistentVolumeName", "Mount Options": "mountOptions"}
    columns = [
        {"name": name, "type": "string", "jsonPath": f".spec.{field}"} for name, field in fields.items()
    ]
    return [*columns, {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]


def _schema() -> Body:
    attachment = _object(
        {"attachmentTime": {"type": "string", "format": "date-time"}, "workloadPodUID": _TEXT},
        required=["attachmentTime", "workloadPodUID"],
    )
    needed = {
        "authenticationSource": _TEXT,
        "mountOptions": _TEXT,
        "mountpointS3PodAttachments": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": attachment},
        },
        "nodeName": _TEXT,
        "persistentVolumeName": _TEXT,
        "volumeID": _TEXT,
        "workloadFSGroup": _TEXT,
    }
    optional = ("workloadNamespace", "workloadServiceAccountIAMRoleARN", "workloadServiceAccountName")
    spec = _object(needed | dict.fromkeys(optional, _TEXT), required=list(needed))
    return _object({"apiVersion": _TEXT, "kind": _TEXT, "metadata": {"type": "object"}, "spec": spec})


def _object(properties: Body, **fields: Any) -> Body:
    return {"type": "object", "properties": properties} | fields
