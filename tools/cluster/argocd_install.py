"""Argo CD on a plane as a person puts it there: the bundle of argocd/bootstrap/<env>/, and its Job.

The bundle asks for a file of Argo CD's by URL; here it comes from the module that Argo CD is built of, which
has the same file and a checksum.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Collection, Iterable
from pathlib import Path

from charts_src import ROOT
from charts_src.argocd_bootstrap import INSTALL
from charts_src.objects import Body
from charts_src.schema.sources import ARGO_CD
from charts_src.schema.upstream import module_folder
from tools.cluster.binaries import binary
from tools.cluster.plane import Plane
from tools.cluster.tree import CRD, Wave, wait_established, wait_served

_KINDS = (("argoproj.io/v1alpha1", "Application"), ("argoproj.io/v1alpha1", "AppProject"))
_LOADER = "root-loader"
_MANAGER = "argocd-controller"
"""Field manager of Argo CD v3.6.1 (common/common.go); it adds nothing of its own to definitions."""


def install_argo_cd(plane: Plane, env: str, namespace: str) -> None:
    """Apply the bundle with kubectl, as docs say, and what its processes would write that do not run here.

    Raises UserError when Argo CD's source or kubectl is not there, subprocess.CalledProcessError when kubectl
    refuses, TimeoutError when the API server does not serve Applications after 60 s.
    """
    bundle = plane.folder / "bundle"
    shutil.copytree(ROOT / "argocd" / "bootstrap" / env, bundle)
    # Copied without its mode: files of go's cache are read-only.
    shutil.copyfile(module_folder(ARGO_CD) / "manifests/ha/install.yaml", bundle / "install.yaml")
    kustomization = bundle / "kustomization.yaml"
    text = kustomization.read_text(encoding="utf-8")
    if text.count(INSTALL) != 1:
        raise ValueError(f"{kustomization} does not name {INSTALL} once")
    kustomization.write_text(text.replace(INSTALL, "install.yaml"), encoding="utf-8")
    kubectl(plane.kubeconfig, "apply", "--server-side", "-k", str(bundle))
    wait_served(plane.api, _KINDS, "Argo CD's API")
    _write_secrets(plane, namespace)


def apply_definitions(plane: Plane, waves: Iterable[Wave], there: Collection[Body]) -> None:
    """Apply the CustomResourceDefinitions of some waves, as Argo CD would, but for those that are there.

    Raises Refused when the API server refuses one, TimeoutError when it does not serve it after 60 s.
    """
    bodies = [body for wave in waves for body in wave.objects if body["kind"] == CRD]
    for body in bodies:
        if body not in there:
            plane.api.apply(body, _MANAGER, brief=True)
    for body in bodies:
        wait_established(plane.api, body)


def load_root(plane: Plane, namespace: str) -> None:
    """Run what the Job root-loader of the bundle runs, with the rights of its ServiceAccount.

    Raises subprocess.CalledProcessError when kubectl refuses, StopIteration when there is no such Job.
    """
    jobs = plane.api.list("batch/v1", "Job", namespace, f"app.kubernetes.io/name={_LOADER}")
    pod = next(iter(jobs))["spec"]["template"]["spec"]
    (container,), (volume,) = pod["containers"], pod["volumes"]
    (mount,) = container["volumeMounts"]
    found = plane.api.get("v1", "ConfigMap", volume["configMap"]["name"], namespace) or {}
    folder = plane.folder / _LOADER
    folder.mkdir()
    for name, text in found["data"].items():
        (folder / name).write_text(text, encoding="utf-8")
    arguments = [each.replace(mount["mountPath"], str(folder)) for each in container["args"]]
    kubectl(plane.kubeconfig_of(namespace, pod["serviceAccountName"]), *arguments)


def kubectl(kubeconfig: Path, *arguments: str) -> str:
    """Run kubectl and give what it prints. Raises subprocess.CalledProcessError with its complaint."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(kubeconfig.parent)}
    command = [str(binary("kubectl")), f"--kubeconfig={kubeconfig}", *arguments]
    try:
        done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True, timeout=120)
    except subprocess.CalledProcessError as error:
        error.add_note(error.stderr)
        raise
    return done.stdout


def _write_secrets(plane: Plane, namespace: str) -> None:
    """Write what argocd-server and redis' first container would."""
    written = {
        "argocd-secret": {"server.secretkey": secrets.token_urlsafe(32)},
        "argocd-redis": {"auth": secrets.token_urlsafe(16)},
    }
    for name, data in written.items():
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}
        plane.api.apply(body, "argocd-server")
