"""argocd/bootstrap/<env>/: one kubectl command that makes Argo CD follow the environment."""

from hashlib import sha256
from typing import Any

import pytest
import yaml

from charts_src.argocd import AWAITED
from charts_src.argocd_bootstrap import bootstrap
from charts_src.model import Environment
from tests.ray_environment import environment

REPOSITORY = "https://git.example.com/genai-on-eks.git"


def env(engine: str = "self-managed", **fields: Any) -> Environment:
    return environment(argocd={"repository": REPOSITORY, "engine": engine, **fields})


def parsed(found: Environment) -> dict[str, Any]:
    return {name: yaml.safe_load(text) for name, text in bootstrap(found).items()}


def job(files: dict[str, Any]) -> Any:
    (name,) = (name for name in files if name.startswith("job-"))
    return files[name]


TOLERATION = """\
- op: add
  path: /spec/template/spec/tolerations
  value:
  - effect: NoSchedule
    key: CriticalAddonsOnly
    operator: Exists
"""


def test_the_self_managed_engine_is_installed_by_one_kustomization() -> None:
    files = parsed(env())
    name = job(files)["metadata"]["name"]
    assert files["kustomization.yaml"] == {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "argocd",
        "resources": [
            "https://raw.githubusercontent.com/argoproj/argo-cd/v3.6.1/manifests/ha/install.yaml",
            "configmap-root-loader.yaml",
            f"job-{name}.yaml",
            "namespace-argocd.yaml",
            "role-root-loader.yaml",
            "rolebinding-root-loader.yaml",
            "serviceaccount-root-loader.yaml",
        ],
        "patches": [
            {
                "path": "configmap-argocd-cm.yaml",
                "target": {"kind": "ConfigMap", "name": "argocd-cm"},
            },
            {
                "path": "configmap-argocd-cmd-params-cm.yaml",
                "target": {"kind": "ConfigMap", "name": "argocd-cmd-params-cm"},
            },
            {
                "patch": "- op: replace\n  path: /subjects/0/namespace\n  value: argocd\n",
                "target": {"kind": "ClusterRoleBinding"},
            },
            {"patch": TOLERATION, "target": {"kind": "Deployment"}},
            {"patch": TOLERATION, "target": {"kind": "StatefulSet"}},
        ],
    }


def test_the_capability_gets_settings_and_root_but_no_install() -> None:
    files = parsed(env("eks-capability", namespace="gitops"))
    assert files["kustomization.yaml"] == {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "gitops",
        "resources": [
            "application-root.yaml",
            "appproject-root.yaml",
            "configmap-argocd-cm.yaml",
            "secret-in-cluster.yaml",
        ],
    }
    assert files["secret-in-cluster.yaml"] == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "in-cluster",
            "namespace": "gitops",
            "labels": {"argocd.argoproj.io/secret-type": "cluster"},
        },
        "stringData": {
            "name": "in-cluster",
            "server": "arn:aws:eks:us-west-2:111122223333:cluster/genai-dev",
        },
    }
    assert files["configmap-argocd-cm.yaml"]["metadata"] == {
        "name": "argocd-cm",
        "namespace": "gitops",
        "labels": {"app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd"},
    }


@pytest.mark.parametrize("engine", ["self-managed", "eks-capability"])
def test_every_file_is_used_and_every_file_used_is_there(engine: str) -> None:
    files = parsed(env(engine))
    kustomization = files.pop("kustomization.yaml")
    patches = [patch["path"] for patch in kustomization.get("patches", ()) if "path" in patch]
    used = [name for name in kustomization["resources"] if not name.startswith("https://")] + patches
    assert sorted(used) == sorted(files)
    assert len(files) >= 3


def test_the_root_application_follows_the_applications_and_may_be_deleted_without_loss() -> None:
    root = parsed(env("eks-capability"))["application-root.yaml"]
    assert root["metadata"] == {"name": "root", "namespace": "argocd"}
    assert root["spec"]["project"] == "root"
    assert root["spec"]["source"] == {"path": "argocd/dev", "repoURL": REPOSITORY, "targetRevision": "main"}
    assert root["spec"]["destination"] == {"name": "in-cluster", "namespace": "argocd"}
    assert root["spec"]["syncPolicy"]["syncOptions"] == ["ServerSideApply=true", "FailOnSharedResource=true"]


def test_the_root_project_admits_applications_and_projects_in_one_namespace() -> None:
    assert parsed(env("eks-capability"))["appproject-root.yaml"]["spec"] == {
        "description": "Applications and projects of environment dev, nothing else",
        "sourceRepos": [REPOSITORY],
        "destinations": [{"name": "in-cluster", "namespace": "argocd"}],
        "clusterResourceWhitelist": [],
        "namespaceResourceWhitelist": [
            {"group": "argoproj.io", "kind": "AppProject"},
            {"group": "argoproj.io", "kind": "Application"},
        ],
    }


def test_the_loader_applies_the_same_root_as_the_capability_gets() -> None:
    loaded = parsed(env())["configmap-root-loader.yaml"]["data"]
    direct = bootstrap(env("eks-capability"))
    assert sorted(loaded) == ["application-root.yaml", "appproject-root.yaml"]
    assert all(loaded[name] == direct[name] for name in loaded)


def test_the_loader_in_full() -> None:
    files = parsed(env())
    texts = files["configmap-root-loader.yaml"]["data"]
    text = texts["appproject-root.yaml"] + texts["application-root.yaml"]
    labels = {"app.kubernetes.io/name": "root-loader", "app.kubernetes.io/part-of": "genai-on-eks"}
    assert job(files) == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"root-loader-{sha256(text.encode()).hexdigest()[:8]}",
            "namespace": "argocd",
            "labels": labels,
        },
        "spec": {
            "backoffLimit": 20,
            "ttlSecondsAfterFinished": 3600,
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": "root-loader",
                    "automountServiceAccountToken": True,
                    "restartPolicy": "OnFailure",
                    "tolerations": [
                        {"key": "CriticalAddonsOnly", "operator": "Exists", "effect": "NoSchedule"}
                    ],
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 65532,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [
                        {
                            "name": "kubectl",
                            "image": "registry.k8s.io/kubectl:v1.35.4",
                            "imagePullPolicy": "IfNotPresent",
                            "args": [
                                "apply",
                                "--server-side",
                                "--force-conflicts",
                                "--filename=/root-objects/appproject-root.yaml",
                                "--filename=/root-objects/application-root.yaml",
                            ],
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "readOnlyRootFilesystem": True,
                            },
                            "resources": {
                                "requests": {"cpu": "50m", "memory": "64Mi"},
                                "limits": {"cpu": "500m", "memory": "128Mi"},
                            },
                            "volumeMounts": [
                                {"name": "root", "mountPath": "/root-objects", "readOnly": True}
                            ],
                        }
                    ],
                    "volumes": [{"name": "root", "configMap": {"name": "root-loader"}}],
                },
            },
        },
    }


def test_the_loader_may_write_the_two_root_objects_and_nothing_else() -> None:
    files = parsed(env())
    assert files["role-root-loader.yaml"]["rules"] == [
        {
            "apiGroups": ["argoproj.io"],
            "resources": ["applications", "appprojects"],
            "resourceNames": ["root"],
            "verbs": ["create", "patch"],
        }
    ]
    assert files["rolebinding-root-loader.yaml"]["subjects"] == [
        {"kind": "ServiceAccount", "name": "root-loader", "namespace": "argocd"}
    ]


def test_another_root_makes_another_job_because_jobs_cannot_be_changed() -> None:
    names = {
        job(parsed(env(revision=revision)))["metadata"]["name"] for revision in ("main", "release", "main")
    }
    assert len(names) == 2


def test_another_namespace_is_used_throughout() -> None:
    files = parsed(env(namespace="gitops"))
    kustomization = files.pop("kustomization.yaml")
    assert kustomization["namespace"] == "gitops"
    assert kustomization["patches"][2]["patch"].endswith("value: gitops\n")
    assert {body["metadata"].get("namespace", body["metadata"]["name"]) for body in files.values()} == {
        "gitops"
    }


def test_argo_cd_gets_a_health_check_for_each_kind_it_lacks_one_for() -> None:
    data = parsed(env())["configmap-argocd-cm.yaml"]["data"]
    assert sorted(data) == [
        "application.resourceTrackingMethod",
        "resource.customizations.health.PersistentVolumeClaim",
        "resource.customizations.health.argoproj.io_Application",
        "resource.customizations.health.kubeflow.org_MPIJob",
        "resource.customizations.health.ray.io_RayCluster",
        "resource.customizations.health.ray.io_RayJob",
        "resource.customizations.health.ray.io_RayService",
    ]
    assert AWAITED in data["resource.customizations.health.argoproj.io_Application"]
