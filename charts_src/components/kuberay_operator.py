"""The KubeRay operator, which turns RayServices, RayJobs and RayClusters into pods.

Sources, all ray-operator v1.6.2: config/manager (Deployment, Service), config/rbac (rules), main.go (flags,
health endpoints, leader election), SetupWithManager of each controller (what it watches).

Different from upstream: two replicas that elect a leader, a probe with a port of its own, addresses and gates
written out, and no ClusterRoles for editors and viewers: nobody gets access to the cluster through those.
"""

from charts_src.lib import monitoring, network, rbac
from charts_src.lib.controllers import deployment, disruption_budget, labels, service
from charts_src.lib.images import image
from charts_src.lib.kuberay_webhook import webhook_objects, with_webhook
from charts_src.lib.namespaces import KUBERAY_SYSTEM
from charts_src.lib.pod import container, http_probe, pod, port, resources
from charts_src.lib.ray import DASHBOARD, HEAD, OPERATOR, ray_namespaces
from charts_src.lib.rbac import ALL, READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

METRICS_PORT = 8080
HEALTH_PORT = 8082
LEADER_ELECTION = "kuberay-operator-leader-election"

FEATURE_GATES = {
    "AsyncJobInfoQuery": False,
    "RayClusterStatusConditions": True,
    "RayCronJob": False,
    "RayJobDeletionPolicy": True,
    "RayMultiHostIndexing": True,
    "RayServiceIncrementalUpgrade": False,
}
"""Every gate of pkg/features at its default, written out so that an upgrade changes none unseen."""

RULES = (
    Rule("", ("events", "pods/status", "services"), ALL),
    Rule("", ("pods",), (*ALL, "deletecollection")),
    Rule("", ("pods/resize",), ("patch",)),
    Rule("", ("secrets",), ("create", *READ)),
    Rule("", ("serviceaccounts",), ("create", "delete", *READ)),
    Rule("", ("services/status",), ("get", "patch", "update")),
    Rule("batch", ("jobs",), ALL),
    Rule("discovery.k8s.io", ("endpointslices",), READ),
    Rule("ray.io", ("rayclusters", "rayjobs", "rayservices"), ALL),
    Rule("ray.io", ("rayclusters/finalizers", "rayjobs/finalizers", "rayservices/finalizers"), ("update",)),
    Rule(
        "ray.io", ("rayclusters/status", "rayjobs/status", "rayservices/status"), ("get", "patch", "update")
    ),
    Rule("rbac.authorization.k8s.io", ("rolebindings",), ("create", "delete", *READ)),
    Rule("rbac.authorization.k8s.io", ("roles",), ("create", "delete", *READ, "update")),
)
"""Upstream's ClusterRole without what this installation never does:

- pods/proxy, services/proxy: used only with --use-kubernetes-proxy.
- ingresses, ingressclasses, routes: listed only for a head with enableIngress; ours has none.
- gateways, httproutes, raycronjobs: behind feature gates that are off, so their kinds are not watched.
- leases: the Role for leader election has them, in the operator's own namespace.

pods, pods/resize and rayclusters must stay: the operator grants them to each autoscaler, and may grant
only what it has.
"""

LEADER_ELECTION_RULES = (
    Rule("", ("events",), ("create",)),
    Rule("coordination.k8s.io", ("leases",), ("create", "get", "list", "update")),
)
"""Upstream's Role without configmaps: controller-runtime 0.22 elects through leases only."""


class KubeRayOperator(Component):
    """The operator, with permissions in the namespaces of Ray clusters and in no other.

    Upstream binds its ClusterRole for the whole cluster, which lets the operator read every Secret and
    create any pod. With --watch-namespace all its informers are namespaced, so RoleBindings are enough.
    """

    name = OPERATOR
    target_namespace = KUBERAY_SYSTEM

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether anything runs on Ray; told to watch no namespace, the operator would watch all."""
        return bool(ray_namespaces(env))

    def versions(self) -> dict[str, str]:
        """Name the version of the operator."""
        return {"kuberay": self.env.kuberay.version}

    def compose(self) -> None:
        """Add the operator, what it may do and what it may talk to."""
        self._permissions()
        self.add(_deployment(self.env))
        self.add(disruption_budget(OPERATOR))
        self.add(service(OPERATOR, OPERATOR, METRICS_PORT, "http", labelled=False))
        self.add(monitoring.pod_monitor(OPERATOR, labels(OPERATOR), "http"))
        self.add(_network_policy(self.env))
        if self.env.kuberay.webhook:
            for body in webhook_objects(self.env.cluster.vpc_cidr, ray_namespaces(self.env)):
                self.add(body)

    def _permissions(self) -> None:
        account = rbac.service_account(self, OPERATOR)
        self.add(rbac.cluster_role(OPERATOR, RULES))
        for namespace in ray_namespaces(self.env):
            rbac.bind_cluster_role(account, OPERATOR, namespace)
        self.add(rbac.role(LEADER_ELECTION, LEADER_ELECTION_RULES))
        rbac.bind_role(account, LEADER_ELECTION)


def _deployment(env: Environment) -> Body:
    """Roll one pod at a time; upstream recreates its single pod, but with leader election two may overlap."""
    return deployment(OPERATOR, env.kuberay.replicas, _pod(env))


def _pod(env: Environment) -> Body:
    spec = pod(
        _container(env),
        serviceAccountName=OPERATOR,
        automountServiceAccountToken=True,
        terminationGracePeriodSeconds=10,
    )
    return with_webhook(spec) if env.kuberay.webhook else spec


def _container(env: Environment) -> Body:
    return container(
        OPERATOR,
        image(env, f"quay.io/kuberay/operator:v{env.kuberay.version}"),
        command=["/manager"],
        args=_arguments(env),
        ports=[port("http", METRICS_PORT), port("health", HEALTH_PORT)],
        livenessProbe=http_probe("/healthz", "health", initialDelaySeconds=10),
        readinessProbe=http_probe("/readyz", "health", initialDelaySeconds=10),
        resources=resources(env.kuberay.cpu, env.kuberay.memory),
    )


def _arguments(env: Environment) -> list[str]:
    gates = ",".join(f"{name}={str(on).lower()}" for name, on in FEATURE_GATES.items())
    return [
        "--enable-leader-election=true",
        "--enable-metrics=true",
        f"--feature-gates={gates}",
        f"--health-probe-bind-address=:{HEALTH_PORT}",
        f"--metrics-addr=:{METRICS_PORT}",
        f"--watch-namespace={','.join(ray_namespaces(env))}",
    ]


def _network_policy(env: Environment) -> Body:
    """Let the operator reach the Kubernetes API and, to configure Serve, each head's dashboard; be scraped.

    With excludeHeadPodFromServeSvc it never calls the Serve port.
    """
    heads = [network.pods(HEAD, namespace) for namespace in ray_namespaces(env)]
    return network.allow(
        OPERATOR,
        labels(OPERATOR),
        ingress=[monitoring.scraped(METRICS_PORT)],
        egress=[
            network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
            {"to": heads, "ports": network.ports(DASHBOARD)},
        ],
    )
