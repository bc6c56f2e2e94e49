"""Kueue, which holds jobs back until the quota of their team has room for all of their pods.

Sources, all sigs.k8s.io/kueue@v0.19.2: config/components/manager and config/default (Deployment, Service),
config/components/rbac (rules), config/components/certmanager (certificates), cmd/kueue/main.go (flags,
probes, where certificates are read from).

Different from upstream beside what is said below: a root of its own signs the certificates; one ClusterRole
shows people their queues instead of two for each kind; Prometheus is bound to the role for metrics, and finds
its targets by rights of its own; the port of the probes is named, and the configuration has a folder.
"""

from charts_src.emit import emit
from charts_src.lib import controllers, kueue_webhooks, monitoring, network, rbac, user_roles, webhook_tls
from charts_src.lib.config_maps import config_annotation, config_map, config_volume
from charts_src.lib.images import image
from charts_src.lib.kueue_config import HEALTH_PORT, METRICS_PORT, WEBHOOK_PORT, configuration
from charts_src.lib.namespaces import KUEUE_SYSTEM, MONITORING
from charts_src.lib.pod import container, http_probe, mount, pod, port, resources, secret_volume
from charts_src.lib.rbac import READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

NAME = "kueue"
CONFIG = "kueue-manager-config"
CONFIG_FILE = "controller_manager_config.yaml"
ISSUER = "kueue-issuer"
WEBHOOK_SECRET = "kueue-webhook-server-cert"  # noqa: S105  # the name of a Secret
METRICS_SERVICE = "kueue-metrics"
METRICS_CERTIFICATE = "kueue-metrics"
METRICS_SECRET = "kueue-metrics-server-cert"  # noqa: S105  # the name of a Secret
LEADER_ELECTION = "kueue-leader-election"
METRICS_READER = "kueue-metrics-reader"
PROMETHEUS_ACCOUNT = "prometheus"
"""ServiceAccount of Prometheus in the namespace `monitoring`."""
SCRAPE_CLASS = "authenticated"
"""Scrape class of Prometheus for targets to which it shows its API token; monitors can't name the file."""
METRICS_AUTHENTICATION = "kueue-metrics-authentication"
_USER = 65532

_WRITE = ("get", "patch", "update")
_JOB = (*READ, "patch", "update")

RULES = (
    Rule("", ("limitranges", "namespaces"), READ),
    Rule("batch", ("jobs",), _JOB),
    Rule("batch", ("jobs/finalizers", "jobs/status"), _WRITE),
    Rule("events.k8s.io", ("events",), ("create", "patch", "update", "watch")),
    Rule("kubeflow.org", ("mpijobs",), _JOB),
    Rule("kubeflow.org", ("mpijobs/finalizers",), ("get", "update")),
    Rule("kubeflow.org", ("mpijobs/status",), _WRITE),
    Rule("kueue.x-k8s.io", ("admissionchecks", "clusterqueues", "resourceflavors"), (*READ, "update")),
    Rule(
        "kueue.x-k8s.io",
        (
            "admissionchecks/finalizers",
            "clusterqueues/finalizers",
            "resourceflavors/finalizers",
            "workloads/finalizers",
        ),
        ("update",),
    ),
    Rule(
        "kueue.x-k8s.io",
        (
            "admissionchecks/status",
            "clusterqueues/status",
            "cohorts/status",
            "localqueues/status",
            "workloads/status",
        ),
        _WRITE,
    ),
    Rule("kueue.x-k8s.io", ("cohorts", "localqueues", "topologies", "workloadpriorityclasses"), READ),
    Rule("kueue.x-k8s.io", ("workloads",), ("create", "delete", *_JOB)),
    Rule("node.k8s.io", ("runtimeclasses",), READ),
    Rule("ray.io", ("rayclusters", "rayjobs"), _JOB),
    Rule("ray.io", ("rayclusters/finalizers", "rayjobs/finalizers"), ("get", "update")),
    Rule("ray.io", ("rayclusters/status", "rayjobs/status"), _WRITE),
    Rule("ray.io", ("rayservices",), READ),
    Rule(
        "resource.k8s.io",
        ("deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"),
        READ,
    ),
    Rule("scheduling.k8s.io", ("priorityclasses",), READ),
)
"""Upstream's ClusterRole without what this installation never does:

- pods, pods/status, nodes, topologies/finalizers: topology-aware scheduling and elastic jobs, both off, and
  the framework for pods.
- delete on jobs of all kinds: only for objectRetentionPolicies.workloads.afterDeactivatedByKueue.
- mutating- and validatingwebhookconfigurations, customresourcedefinitions: internal certificates, off.
- multikueue*, clusterprofiles and the Role for Secrets: MultiKueue, off.
- provisioningrequests, provisioningrequestconfigs, podtemplates: Cluster Autoscaler only.
- flowschemas, prioritylevelconfigurations: the visibility server, off.
- deployments, replicasets, statefulsets and the jobs of operators that are not here.

rayservices must be read although they don't wait in queues: Kueue looks up the owner of every RayCluster in a
namespace with queues if it knows its kind, and waits for ever if it may not (FindAncestorJobManagedByKueue in
pkg/controller/jobframework/reconciler.go, isKnownOwner).

It is bound for the whole cluster: Kueue's caches have no namespaces.
"""

METRICS_RULES = (
    Rule("authentication.k8s.io", ("tokenreviews",), ("create",)),
    Rule("authorization.k8s.io", ("subjectaccessreviews",), ("create",)),
)

LEADER_ELECTION_RULES = (
    Rule("", ("events",), ("create", "patch")),
    Rule("coordination.k8s.io", ("leases",), ("create", "get", "update")),
)
"""Upstream's Role without configmaps, which controller-runtime elects through no more, and without what its
lock on a Lease never calls."""


class KueueController(Component):
    """The controller with its webhooks; the queues are a component of their own."""

    name = NAME
    target_namespace = KUEUE_SYSTEM

    def versions(self) -> dict[str, str]:
        """Name the version of Kueue."""
        return {"kueue": self.env.kueue.version}

    def compose(self) -> None:
        """Add the controller, its certificates and webhooks, and what it may do and talk to."""
        self._permissions()
        text = emit(configuration(self.env.kueue.pods_ready_minutes, self.env.kueue.retries))
        bodies = (
            config_map(CONFIG, {CONFIG_FILE: text}),
            _deployment(self.env, text),
            controllers.disruption_budget(NAME),
            controllers.service(kueue_webhooks.SERVICE, NAME, 443, "webhook"),
            *kueue_webhooks.configurations(),
            *_certificates(),
            *_metrics(),
            _network_policy(self.env),
            user_roles.viewer(
                "kueue-queues",
                "kueue.x-k8s.io",
                *("localqueues", "localqueues/status", "workloads", "workloads/status"),
            ),
        )
        for body in bodies:
            self.add(body)

    def _permissions(self) -> None:
        account = rbac.service_account(self, NAME)
        for name, rules in ((NAME, RULES), (METRICS_AUTHENTICATION, METRICS_RULES)):
            self.add(rbac.cluster_role(name, rules))
            rbac.bind_cluster_wide(account, name)
        self.add(rbac.role(LEADER_ELECTION, LEADER_ELECTION_RULES))
        rbac.bind_role(account, LEADER_ELECTION)


def _deployment(env: Environment, text: str) -> Body:
    """Differ from upstream in two replicas, mounted metrics certificates and no visibility server.

    Kueue reads its configuration when it starts, so a change of it rolls the pods.
    """
    spec = pod(
        _container(env),
        serviceAccountName=NAME,
        automountServiceAccountToken=True,
        terminationGracePeriodSeconds=10,
        volumes=[
            config_volume("config", CONFIG),
            secret_volume("webhook-certificate", WEBHOOK_SECRET),
            secret_volume("metrics-certificate", METRICS_SECRET),
        ],
    )
    identity = {"runAsUser": _USER, "runAsGroup": _USER}
    return controllers.deployment(
        NAME,
        env.kueue.replicas,
        spec | {"securityContext": spec["securityContext"] | identity},
        config_annotation(text),
    )


def _container(env: Environment) -> Body:
    return container(
        "manager",
        image(env, f"registry.k8s.io/kueue/kueue:v{env.kueue.version}"),
        command=["/manager"],
        args=[f"--config=/config/{CONFIG_FILE}", "--zap-log-level=2"],
        ports=[port("health", HEALTH_PORT), port("https", METRICS_PORT), port("webhook", WEBHOOK_PORT)],
        livenessProbe=http_probe("/healthz", "health", initialDelaySeconds=15, periodSeconds=20),
        readinessProbe=http_probe("/readyz", "health", initialDelaySeconds=5, periodSeconds=10),
        resources=resources(env.kueue.cpu, env.kueue.memory),
        volumeMounts=[
            mount("config", "/config", readOnly=True),
            mount("webhook-certificate", "/tmp/k8s-webhook-server/serving-certs", readOnly=True),  # noqa: S108
            mount("metrics-certificate", "/etc/kueue/metrics/certs", readOnly=True),
        ],
    )


def _certificates() -> list[Body]:
    """Serve with certificates of one root; upstream signs each by itself."""
    return [
        *webhook_tls.root(ISSUER),
        webhook_tls.serving(
            kueue_webhooks.CERTIFICATE, ISSUER, kueue_webhooks.SERVICE, KUEUE_SYSTEM, WEBHOOK_SECRET
        ),
        webhook_tls.serving(METRICS_CERTIFICATE, ISSUER, METRICS_SERVICE, KUEUE_SYSTEM, METRICS_SECRET),
    ]


def _metrics() -> list[Body]:
    """Serve metrics over TLS to holders of a token that may get /metrics; there is no way to turn that off.

    Prometheus does not check the certificate, as with upstream's monitor: it would need to read a Secret.
    """
    monitor = monitoring.service_monitor(
        NAME,
        controllers.labels(METRICS_SERVICE),
        "https",
        scheme="https",
        tlsConfig={"insecureSkipVerify": True},
    )
    monitor["spec"]["scrapeClass"] = SCRAPE_CLASS
    reader = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": METRICS_READER},
        "rules": [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}],
    }
    return [controllers.service(METRICS_SERVICE, NAME, METRICS_PORT, "https"), monitor, reader, _reading()]


def _reading() -> Body:
    """Let Prometheus get /metrics of programs that ask the Kubernetes API who may."""
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": METRICS_READER},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": METRICS_READER},
        "subjects": [
            {"kind": "ServiceAccount", "name": PROMETHEUS_ACCOUNT, "namespace": MONITORING, "apiGroup": ""}
        ],
    }


def _network_policy(env: Environment) -> Body:
    """Let the API server, which calls from the VPC, reach the webhooks and Prometheus the metrics."""
    return network.allow(
        NAME,
        controllers.labels(NAME),
        ingress=[
            {"from": [network.block(env.cluster.vpc_cidr)], "ports": network.ports(WEBHOOK_PORT)},
            monitoring.scraped(METRICS_PORT),
        ],
        egress=[network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)],
    )
