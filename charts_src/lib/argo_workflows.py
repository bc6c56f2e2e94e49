"""Names, rules and settings that the parts of Argo Workflows share.

Sources, all argo-workflows v4.1.4: config/ (keys of the configuration), cmd/workflow-controller/main.go and
cmd/argo/commands/server.go (flags, ports), server/auth (single sign-on), docs/workflow-rbac.md.

One namespace is managed, `training`: a controller takes one or all, and for all it would need to create pods
anywhere. Spark has its own operator and schedule; a workflow that needs a Spark job gets a Role there.
"""

from charts_src.emit import emit
from charts_src.lib.accelerators import placement
from charts_src.lib.config_maps import config_map
from charts_src.lib.images import image
from charts_src.lib.namespaces import TRAINING
from charts_src.lib.pod import container, pod, resources
from charts_src.model import Environment
from charts_src.model.argo_workflows import ArgoWorkflows
from charts_src.objects import Body

MANAGED = TRAINING
"""The namespace that workflows run in."""

CONTROLLER = "workflow-controller"
SERVER = "argo-server"
"""Names of the programs and, as app.kubernetes.io/name, of their pods."""

CONFIGURATION = "workflow-controller-configmap"
"""ConfigMap of both programs."""

SSO_SECRET = "argo-workflows-sso"  # noqa: S105  # the name of a Secret
"""Secret with client-id and client-secret: who the server is to the login."""

ARTIFACT_GC = "workflow-artifact-gc"
"""ServiceAccount of the pods that remove artifacts, for templates that ask for it."""

POD = {"app.kubernetes.io/name": "workflow"}
"""Label of every pod of a workflow, by which network policies select it."""

PREFIX = "workflows/"
"""Below this the artifacts bucket has logs and artifacts."""

USER = 1000
"""User of workflow pods. The executor of the same pod must be the same user to read what they write."""

SECURITY: Body = pod()["securityContext"] | {
    "runAsUser": USER,
    "runAsGroup": USER,
    "fsGroup": USER,
    "fsGroupChangePolicy": "OnRootMismatch",
}
"""Security context of the pods of a workflow that doesn't say otherwise."""


def configuration(env: Environment, section: ArgoWorkflows) -> Body:
    """Give the ConfigMap; both programs read it, the controller again whenever it changes."""
    settings = {
        "artifactRepository": _repository(env),
        "executor": _executor(),
        "metricsConfig": {"enabled": True, "path": "/metrics", "port": 9090, "secure": False},
        "parallelism": section.parallelism,
        "retentionPolicy": dict.fromkeys(("completed", "errored", "failed"), section.keep_each),
        "sso": _sso(env, section),
        "workflowDefaults": {"spec": _defaults(section)},
    }
    if section.templates_only:
        settings["workflowRestrictions"] = {"templateReferencing": "Strict"}
    return config_map(CONFIGURATION, {"config": emit(settings)})


def executor_image(env: Environment, section: ArgoWorkflows) -> str:
    """Give the image that Argo adds to every pod; the one without a user, as USER is in the pod."""
    return image(env, f"quay.io/argoproj/argoexec:v{section.version}")


def _repository(env: Environment) -> Body:
    assert env.storage  # noqa: S101  # model/argo_workflows.py demands it
    return {
        "archiveLogs": True,
        "s3": {
            "bucket": env.storage.buckets.artifacts,
            "endpoint": "s3.amazonaws.com",
            "keyFormat": f"{PREFIX}{{{{workflow.namespace}}}}/{{{{workflow.name}}}}/{{{{pod.name}}}}",
            "region": env.aws.region,
            "useSDKCreds": True,
        },
    }


def _executor() -> Body:
    """Restrict the containers that Argo adds; init and wait need to write to their root file system."""
    fields = container("", "")
    context = dict(fields["securityContext"])
    del context["readOnlyRootFilesystem"]
    return {
        "imagePullPolicy": fields["imagePullPolicy"],
        "resources": {
            "requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"cpu": "500m", "memory": "512Mi"},
        },
        "securityContext": context,
    }


def _defaults(section: ArgoWorkflows) -> Body:
    """Say what holds for every workflow that doesn't say otherwise."""
    return {
        "activeDeadlineSeconds": section.longest_days * 86_400,
        "artifactGC": {"podMetadata": {"labels": POD}, "serviceAccountName": ARTIFACT_GC},
        "nodeSelector": placement("none", "system")["nodeSelector"],
        "podGC": {"strategy": "OnPodCompletion", "deleteDelayDuration": "10m"},
        "podMetadata": {"labels": POD},
        "securityContext": SECURITY,
        "ttlStrategy": {"secondsAfterCompletion": section.keep_days * 86_400},
    }


def _sso(env: Environment, section: ArgoWorkflows) -> Body:
    """Log in where the load balancer does; which claim has the groups depends on who answers."""
    login = {
        "clientId": {"name": SSO_SECRET, "key": "client-id"},
        "clientSecret": {"name": SSO_SECRET, "key": "client-secret"},
        "rbac": {"enabled": True},
        "redirectUrl": f"https://{section.host}.{env.ingress.domain}/oauth2/callback",
        "sessionExpiry": "8h",
    }
    if env.ingress.cognito:
        pool = env.ingress.cognito.user_pool_arn.rpartition("/")[2]
        issuer = f"https://cognito-idp.{env.aws.region}.amazonaws.com/{pool}"
        return login | {"customGroupClaimName": "cognito:groups", "issuer": issuer, "scopes": ["email"]}
    assert env.ingress.oidc  # noqa: S101  # Ingress.problems() demands one of the two
    return login | {"issuer": env.ingress.oidc.issuer, "scopes": ["email", "groups"]}


def program(section: ArgoWorkflows, main: Body, **fields: object) -> Body:
    """Give the PodSpec of a program, which talks to the Kubernetes API and runs as upstream's user."""
    spec = pod(
        main | {"resources": resources(section.cpu, section.memory)},
        serviceAccountName=main["name"],
        automountServiceAccountToken=True,
        **fields,
    )
    return spec | {"securityContext": spec["securityContext"] | {"runAsUser": 8737, "runAsGroup": 8737}}
