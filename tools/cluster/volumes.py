"""A provisioner of volumes that hold nothing, in place of the CSI drivers, whose nodes are not simulated.

It answers a claim as an external provisioner does: at once, or where its class waits for a consumer when the
scheduler has chosen a node; and it removes a volume whose claim is gone, if its class says Delete. Source of
the annotation: Kubernetes v1.36.3, pkg/controller/volume/persistentvolume/util (AnnSelectedNode).
"""

import threading
from types import TracebackType
from typing import Self

from charts_src.objects import Body
from tools.cluster.api import Api
from tools.cluster.responses import Refused

_SELECTED = "volume.kubernetes.io/selected-node"
_CLASS = "storage.k8s.io/v1", "StorageClass"
_OURS = {"genai-on-eks/provisioned": "true"}


class Provisioner:
    """Provisions volumes in a thread of its own for as long as its block runs."""

    def __init__(self, api: Api) -> None:
        """Take the API, as an administrator's."""
        self._api = api.as_token(api.token)  # a session is not for two threads
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.5):
            try:
                self.once()
            except (Refused, ConnectionError):
                continue  # the API server restarts, or an object is gone meanwhile

    def once(self) -> None:
        """Provision what waits, and remove what is released."""
        classes = {each["metadata"]["name"]: each for each in self._api.list(*_CLASS)}
        for claim in self._api.list("v1", "PersistentVolumeClaim"):
            found = classes.get(claim["spec"].get("storageClassName", ""))
            if found and not claim["spec"].get("volumeName") and _wanted(claim, found):
                self._api.apply(_volume(claim, found))
        for volume in self._api.list("v1", "PersistentVolume", labels="genai-on-eks/provisioned=true"):
            released = volume["status"].get("phase") == "Released"
            if released and volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete":
                self._api.delete("v1", "PersistentVolume", volume["metadata"]["name"])


def _wanted(claim: Body, storage_class: Body) -> bool:
    chosen = _SELECTED in claim["metadata"].get("annotations", {})
    return chosen or storage_class.get("volumeBindingMode", "Immediate") == "Immediate"


def _volume(claim: Body, storage_class: Body) -> Body:
    uid, spec = claim["metadata"]["uid"], claim["spec"]
    whose = {key: claim["metadata"][key] for key in ("name", "namespace", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{uid}", "labels": _OURS},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **whose},
            "csi": {"driver": storage_class["provisioner"], "volumeHandle": uid},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
        },
    }
