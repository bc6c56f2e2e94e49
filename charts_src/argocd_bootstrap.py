"""What a person applies once, with `kubectl apply --server-side -k argocd/bootstrap/<env>`.

It makes Argo CD follow argocd/<env>/: the project and Application `root`, and with the self-managed engine
Argo CD itself. They are in no folder that an Application syncs, so nothing in Git can prune them.

kubectl looks up every kind before it applies anything, and finds no Application while its definition is in
the same command. So a Job in the bundle applies `root`, as often as it takes. `argocd admin import` would do
too, but lists every Secret of the namespace (argo-cd v3.6.1, cmd/argocd/commands/admin/backup.go); kubectl
needs two verbs on two objects.
"""

from hashlib import sha256
from pathlib import Path

from charts_src.argocd import app_project, application, file_name, folder
from charts_src.emit import emit
from charts_src.lib.cluster_nodes import cluster_toleration
from charts_src.lib.images import image
from charts_src.lib.pod import container, mount, pod
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.publish import Files

ARGO_CD = "v3.6.1"
"""Version of Argo CD that the bundle installs; tested by its authors with Kubernetes 1.34 to 1.37."""

INSTALL = f"https://raw.githubusercontent.com/argoproj/argo-cd/{ARGO_CD}/manifests/ha/install.yaml"
"""Highly available: redis wants three nodes, and works with two."""

KUBECTL = "registry.k8s.io/kubectl:v1.35.4"
"""One minor version from each Kubernetes that an environment may have, which is what kubectl supports."""

_HEALTH = Path(__file__).parent / "lib" / "health"
_ROOT = "root"
_LOADER = "root-loader"
_POD = "/spec/template/spec"
_LABELS = {"app.kubernetes.io/name": _LOADER, "app.kubernetes.io/part-of": "genai-on-eks"}
_GROUP = "argoproj.io"


def bootstrap(env: Environment) -> Files:
    """Give the files of argocd/bootstrap/<env>/: a kustomization that `kubectl apply -k` takes as it is."""
    root = {file_name(body): emit(body) for body in (_root_project(env), _root_application(env))}
    if env.argocd.engine == "eks-capability":
        settings = {file_name(body): emit(body) for body in (_settings(env), _destination(env))}
        return root | settings | _kustomization(env, {"resources": sorted(root | settings)})
    objects = [_namespace(env), *_loader(env, root)]
    resources = {file_name(body): emit(body) for body in objects}
    patches = {file_name(body): emit(body) for body in (_settings(env), _parameters(env))}
    return resources | patches | _kustomization(env, _install(env, sorted(resources), sorted(patches)))


def _kustomization(env: Environment, fields: Body) -> Files:
    header = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return {"kustomization.yaml": emit(header | {"namespace": env.argocd.namespace} | fields)}


def _install(env: Environment, resources: list[str], patches: list[str]) -> Body:
    # The upstream ClusterRoleBindings name the namespace argocd, and kustomize leaves subjects alone.
    subject = {"op": "replace", "path": "/subjects/0/namespace", "value": env.argocd.namespace}
    # Argo CD brings Karpenter, so it has to run where there are nodes before Karpenter launches any.
    toleration = {"op": "add", "path": f"{_POD}/tolerations", "value": [cluster_toleration()]}
    return {
        "resources": [INSTALL, *resources],
        "patches": [
            *({"path": path, "target": {"kind": "ConfigMap", "name": _patched(path)}} for path in patches),
            {"patch": emit([subject]), "target": {"kind": "ClusterRoleBinding"}},
            *(
                {"patch": emit([toleration]), "target": {"kind": kind}}
                for kind in ("Deployment", "StatefulSet")
            ),
        ],
    }


def _patched(path: str) -> str:
    return path.removeprefix("configmap-").removesuffix(".yaml")


def _root_project(env: Environment) -> Body:
    kinds = [{"group": _GROUP, "kind": kind} for kind in ("AppProject", "Application")]
    spec = {
        "description": f"Applications and projects of environment {env.name}, nothing else",
        "destinations": [{"name": env.argocd.destination, "namespace": env.argocd.namespace}],
        "clusterResourceWhitelist": [],
        "namespaceResourceWhitelist": kinds,
    }
    return app_project(env, {"name": _ROOT}, env.argocd.repository, spec)


def _root_application(env: Environment) -> Body:
    # It has no finalizer: deleting it stops changes, and removes nothing.
    source = folder(env, f"argocd/{env.name}")
    return application(env, {"name": _ROOT}, _ROOT, source, env.argocd.namespace)


def _settings(env: Environment) -> Body:
    """Give what argocd-cm must say: health checks that Argo CD lacks, and how it knows its own objects.

    The EKS Capability reads this ConfigMap only with this label, and ignores keys that it doesn't support.
    """
    health = {
        f"resource.customizations.health.{script.stem}": script.read_text(encoding="utf-8")
        for script in sorted(_HEALTH.glob("*.lua"))
    }
    return _config_map(env, "argocd-cm", {"application.resourceTrackingMethod": "annotation", **health})


def _destination(env: Environment) -> Body:
    """Register the cluster with the EKS Capability, which knows none by itself, and any by its ARN only.

    There is nothing secret in it: Argo CD keeps what it knows of clusters in Secrets.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": env.argocd.destination,
            "namespace": env.argocd.namespace,
            "labels": {"argocd.argoproj.io/secret-type": "cluster"},
        },
        "stringData": {
            "name": env.argocd.destination,
            "server": f"arn:aws:eks:{env.aws.region}:{env.aws.account}:cluster/{env.cluster.name}",
        },
    }


def _parameters(env: Environment) -> Body:
    """Give syncs a time limit: one that waits for health for ever would hold up the next commit."""
    return _config_map(env, "argocd-cmd-params-cm", {"controller.sync.timeout.seconds": "3600"})


def _config_map(env: Environment, name: str, data: dict[str, str]) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": env.argocd.namespace,
            "labels": {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "argocd"},
        },
        "data": data,
    }


def _namespace(env: Environment) -> Body:
    # Every pod of the install manifest meets the restricted profile.
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    metadata = {
        "name": env.argocd.namespace,
        "labels": {"app.kubernetes.io/part-of": "genai-on-eks", **levels},
    }
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _loader(env: Environment, root: Files) -> list[Body]:
    """Give the Job that applies `root`, what it applies, and what it may do."""
    metadata = {"name": _LOADER, "namespace": env.argocd.namespace, "labels": _LABELS}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": False,
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": metadata,
            "rules": [
                {
                    "apiGroups": [_GROUP],
                    "resources": ["applications", "appprojects"],
                    "resourceNames": [_ROOT],
                    # A server-side apply is a patch, and a create where there is nothing yet.
                    "verbs": ["create", "patch"],
                }
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": _LOADER},
            "subjects": [{"kind": "ServiceAccount", "name": _LOADER, "namespace": env.argocd.namespace}],
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": root},
        _job(env, root),
    ]


def _job(env: Environment, root: Files) -> Body:
    # A Job can't be changed. The hash in its name makes it another one when there is something else to apply.
    digest = sha256("".join(root.values()).encode()).hexdigest()[:8]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{_LOADER}-{digest}", "namespace": env.argocd.namespace, "labels": _LABELS},
        "spec": {
            "backoffLimit": 20,
            "ttlSecondsAfterFinished": 3600,
            "template": {
                "metadata": {"labels": _LABELS},
                "spec": pod(
                    _container(env, root),
                    serviceAccountName=_LOADER,
                    automountServiceAccountToken=True,
                    restartPolicy="OnFailure",
                    securityContext={
                        "runAsNonRoot": True,
                        "runAsUser": 65532,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    tolerations=[cluster_toleration()],
                    volumes=[{"name": "root", "configMap": {"name": _LOADER}}],
                ),
            },
        },
    }


def _container(env: Environment, root: Files) -> Body:
    # One by one: Argo CD leaves an Application alone for a minute when it is there before its project.
    files = [f"--filename=/root-objects/{name}" for name in root]
    return container(
        "kubectl",
        image(env, KUBECTL),
        args=["apply", "--server-side", "--force-conflicts", *files],
        resources={
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"cpu": "500m", "memory": "128Mi"},
        },
        volumeMounts=[mount("root", "/root-objects", readOnly=True)],
    )
