"""The workflow controller: what it may do, its pods, its metrics.

Sources, argo-workflows v4.1.4: manifests/namespace-install/workflow-controller-rbac,
manifests/base/workflow-controller, cmd/workflow-controller/main.go.
"""

from collections.abc import Iterator

from charts_src.lib import monitoring, network
from charts_src.lib.argo_workflows import (
    CONFIGURATION,
    CONTROLLER,
    MANAGED,
    executor_image,
    program,
)
from charts_src.lib.controllers import deployment, disruption_budget, labels, service
from charts_src.lib.images import image
from charts_src.lib.pod import container, http_probe, mount, pod_field, port, scratch
from charts_src.lib.rbac import READ, Rule
from charts_src.model import Environment
from charts_src.model.argo_workflows import ArgoWorkflows
from charts_src.objects import Body

METRICS_PORT = 9090
HEALTH_PORT = 6060

MANAGED_RULES = (
    Rule("", ("configmaps",), READ),
    Rule("", ("events",), ("create", "patch")),
    Rule("", ("pods",), ("create", "delete", *READ, "patch", "update")),
    Rule("", ("pods/exec",), ("create",)),
    Rule("", ("serviceaccounts",), ("get", "list")),
    Rule(
        "argoproj.io",
        ("cronworkflows", "cronworkflows/finalizers"),
        ("delete", *READ, "patch", "update"),
    ),
    Rule(
        "argoproj.io",
        (
            "workflowartifactgctasks",
            "workflows",
            "workflows/finalizers",
            "workflowtasksets",
            "workflowtasksets/finalizers",
        ),
        ("create", "delete", *READ, "patch", "update"),
    ),
    Rule("argoproj.io", ("workflowtaskresults",), ("deletecollection", "list", "watch")),
    Rule("argoproj.io", ("workflowtemplates", "workflowtemplates/finalizers"), READ),
    Rule("policy", ("poddisruptionbudgets",), ("create", "delete", "get")),
)
"""In the managed namespace: upstream's Role of a namespaced installation, without

- secrets: read only for keys of an artifact repository and certificates of an agent, of which we have none.
- persistentvolumeclaims: created for volumeClaimTemplates, which our workflows don't use.
- all verbs but create for pods/exec: it only starts a process there, to stop a step.
"""

OWN_RULES = (
    Rule("", ("configmaps",), READ),
    Rule("", ("events",), ("create", "patch")),
    Rule("coordination.k8s.io", ("leases",), ("create", "get", "update")),
)
"""In its own namespace: the configuration, and the election of a leader with its events.

Upstream reads all Secrets here; that is for the password of a database, and we have none.
"""


def objects(env: Environment, section: ArgoWorkflows) -> Iterator[Body]:
    """Give what the controller is made of, but for its account and roles."""
    yield _deployment(env, section)
    yield disruption_budget(CONTROLLER)
    yield service(CONTROLLER, CONTROLLER, METRICS_PORT, "metrics")
    yield monitoring.service_monitor(CONTROLLER, labels(CONTROLLER), "metrics", interval="30s")
    yield network.allow(
        CONTROLLER,
        labels(CONTROLLER),
        ingress=[monitoring.scraped(METRICS_PORT)],
        egress=[network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)],
    )


def _deployment(env: Environment, section: ArgoWorkflows) -> Body:
    """Run two and elect one. Upstream has one pod and a PriorityClass of its own for it.

    A pod that doesn't lead answers /healthz with success, so the probe suits both. Upstream has no readiness
    probe; here metrics answer once the election runs.
    """
    main = container(
        CONTROLLER,
        image(env, f"quay.io/argoproj/workflow-controller:v{section.version}"),
        command=["workflow-controller"],
        args=[
            f"--configmap={CONFIGURATION}",
            f"--executor-image={executor_image(env, section)}",
            "--executor-image-pull-policy=IfNotPresent",
            "--log-format=json",
            f"--managed-namespace={MANAGED}",
            "--namespaced",
        ],
        env=[pod_field("LEADER_ELECTION_IDENTITY", "metadata.name")],
        ports=[port("metrics", METRICS_PORT), port("health", HEALTH_PORT)],
        livenessProbe=http_probe(
            "/healthz", "health", initialDelaySeconds=90, periodSeconds=60, timeoutSeconds=30
        ),
        readinessProbe=http_probe("/healthz", "health", periodSeconds=10, timeoutSeconds=5),
        volumeMounts=[mount("tmp", "/tmp")],  # noqa: S108
    )
    return deployment(CONTROLLER, section.replicas, program(section, main, volumes=[scratch("tmp", "100Mi")]))
