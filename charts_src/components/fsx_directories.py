"""A job that makes the top folders of the shared file system, writable for the pods that use it.

A new file system of FSx for Lustre has an empty root folder that belongs to root, and neither the driver nor
Kubernetes changes that: with fsGroupPolicy ReadWriteOnceWithFSType a ReadWriteMany volume is left as it is.

It is a hook of Argo CD's sync: it runs at each sync of this Application, changes nothing the second time, and
a new version of it replaces the old one, which Kubernetes does not allow of a Job. It has an Application of
its own, so that nothing waits for it. Image: test/utils/image/manifest.go of kubernetes v1.36.3.
"""

from charts_src.lib import rbac
from charts_src.lib.accelerators import placement
from charts_src.lib.images import image
from charts_src.lib.namespaces import STORAGE
from charts_src.lib.pod import container, mount, pod, requests
from charts_src.lib.storage import FSX_DIRECTORIES, FSX_USER, fsx_volume
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

_IMAGE = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1"
_HOOK = {
    "argocd.argoproj.io/hook": "Sync",
    "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
}


class FsxDirectories(Component):
    """The job, which alone may write to the root folder."""

    name = "fsx-directories"
    target_namespace = STORAGE

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section storage."""
        return env.storage is not None

    def compose(self) -> None:
        """Add the job and its account, which may do nothing."""
        rbac.service_account(self, self.name)
        self.add(_job(self.env, self.name))


def _job(env: Environment, name: str) -> Body:
    """Run as root with the capabilities that giving folders away takes, and no others."""
    folders = " ".join(f"/fsx/{folder}" for folder in FSX_DIRECTORIES)
    script = f"mkdir -p {folders} && chown {FSX_USER}:{FSX_USER} {folders} && chmod 0775 {folders}"
    directories = container(
        "directories",
        image(env, _IMAGE),
        command=["/bin/sh", "-c", script],
        resources=requests("10m", "16Mi", "64Mi"),
        securityContext={
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["CHOWN", "FOWNER"]},
            "readOnlyRootFilesystem": True,
        },
        volumeMounts=[mount("fsx", "/fsx")],
    )
    spec = pod(
        directories,
        serviceAccountName=name,
        restartPolicy="OnFailure",
        volumes=[fsx_volume()],
        **placement("none", "system"),
    )
    spec["securityContext"] = spec["securityContext"] | {"runAsNonRoot": False, "runAsUser": 0}
    labels = {"app.kubernetes.io/name": name}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "annotations": _HOOK},
        "spec": {
            "backoffLimit": 6,
            "activeDeadlineSeconds": 900,
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
