"""The MPI Operator, which turns MPIJobs into a launcher Job and worker pods.

Sources, all github.com/kubeflow/mpi-operator@v0.8.2: manifests/base (Deployment, rules), cmd/mpi-operator
(flags, /healthz on 8080, metrics, lock), pkg/controller/mpi_job_controller.go (what it watches and writes).

What it does beside Kueue (same file, syncHandler): a suspended MPIJob has no workers yet, so zero of zero
workers are ready and the launcher is created at once, suspended; it starts together with the workers when
Kueue lets the job run, whatever launcherCreationPolicy says. So no job waits for its own launcher, and a
launcher must itself wait until its workers answer.
"""

from charts_src.lib import controllers, monitoring, network, rbac, user_roles
from charts_src.lib.images import image
from charts_src.lib.namespaces import MPI_OPERATOR, TRAINING
from charts_src.lib.pod import container, http_probe, pod, port, resources
from charts_src.lib.rbac import READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

OPERATOR = "mpi-operator"
HEALTH_PORT = 8080
METRICS_PORT = 8081
PRIORITY_CLASSES = "mpi-operator-priority-classes"
LEADER_ELECTION = "mpi-operator-leader-election"
_USER = 65532

RULES = (
    Rule("", ("configmaps", "secrets", "services"), ("create", "list", "update", "watch")),
    Rule("", ("events",), ("create", "patch")),
    Rule("", ("pods",), ("create", "delete", "list", "watch")),
    Rule("batch", ("jobs",), ("create", "list", "update", "watch")),
    Rule("batch", ("jobs/status",), ("update",)),
    Rule("kubeflow.org", ("mpijobs",), ("list", "watch")),
    Rule("kubeflow.org", ("mpijobs/finalizers", "mpijobs/status"), ("update",)),
)
"""Upstream's ClusterRole, with these differences:

- jobs/status: added. The operator clears the start time of a launcher that was suspended, or an MPIJob that
  Kueue preempted could never go on: upstream's role forbids it.
- mpijobs and their subresources: upstream has `*`; these are the calls that the controller makes.
- pods: without get, patch and update, which it never calls; it reads through its cache.
- pods/exec, endpoints, customresourcedefinitions: left out; only version 1 used them.
- podgroups, queues of Volcano and the scheduler plugins: left out; --gang-scheduling is not set.
- leases: in the Role for leader election, in the operator's own namespace.
- ClusterRole kubeflow-mpijobs-admin: it only aggregates the one for editors.
- priorityclasses: in a ClusterRole of their own, as they belong to no namespace.
"""

LEADER_ELECTION_RULES = (
    Rule("", ("events",), ("create", "patch")),
    Rule("coordination.k8s.io", ("leases",), ("create", "get", "update")),
)
"""Upstream gives `*` on leases in the whole cluster."""


class MpiOperator(Component):
    """The operator, with permissions in the namespace of MPIJobs and in no other.

    Upstream binds its ClusterRole for the whole cluster, which lets the operator list every Secret. With
    --namespace all its informers are namespaced, but the one for PriorityClasses, which it starts even
    without gang scheduling and without which it exits.
    """

    name = OPERATOR
    target_namespace = MPI_OPERATOR

    def versions(self) -> dict[str, str]:
        """Name the version of the operator."""
        return {"mpi-operator": self.env.mpi_operator.version}

    def compose(self) -> None:
        """Add the operator, what it may do, what it may talk to, and what users may do with MPIJobs."""
        self._permissions()
        self.add(_deployment(self.env))
        self.add(controllers.disruption_budget(OPERATOR))
        self.add(monitoring.pod_monitor(OPERATOR, controllers.labels(OPERATOR), "metrics"))
        self.add(_network_policy(self.env))
        self.add(user_roles.viewer("mpijobs", "kubeflow.org", "mpijobs", "mpijobs/status"))
        self.add(user_roles.editor("mpijobs", "kubeflow.org", "mpijobs"))

    def _permissions(self) -> None:
        account = rbac.service_account(self, OPERATOR)
        self.add(rbac.cluster_role(OPERATOR, RULES))
        rbac.bind_cluster_role(account, OPERATOR, TRAINING)
        priority_classes = Rule("scheduling.k8s.io", ("priorityclasses",), READ)
        self.add(rbac.cluster_role(PRIORITY_CLASSES, [priority_classes]))
        rbac.bind_cluster_wide(account, PRIORITY_CLASSES)
        self.add(rbac.role(LEADER_ELECTION, LEADER_ELECTION_RULES))
        rbac.bind_role(account, LEADER_ELECTION)


def _deployment(env: Environment) -> Body:
    """Differ from upstream in resources, probes, metrics (--monitoring-port), replicas, and a user but root.

    The image is distroless without a user of its own.
    """
    spec = pod(
        _container(env),
        serviceAccountName=OPERATOR,
        automountServiceAccountToken=True,
        terminationGracePeriodSeconds=10,
    )
    identity = {"runAsUser": _USER, "runAsGroup": _USER}
    return controllers.deployment(
        OPERATOR,
        env.mpi_operator.replicas,
        spec | {"securityContext": spec["securityContext"] | identity},
    )


def _container(env: Environment) -> Body:
    """Leave out upstream's -alsologtostderr: klog logs to stderr already, and there is no file to log to."""
    section = env.mpi_operator
    return container(
        OPERATOR,
        image(env, f"docker.io/mpioperator/mpi-operator:{section.version}"),
        args=[
            f"--lock-namespace={MPI_OPERATOR}",
            f"--monitoring-port={METRICS_PORT}",
            f"--namespace={TRAINING}",
        ],
        ports=[port("health", HEALTH_PORT), port("metrics", METRICS_PORT)],
        livenessProbe=http_probe("/healthz", "health", initialDelaySeconds=10),
        readinessProbe=http_probe("/healthz", "health"),
        resources=resources(section.cpu, section.memory),
    )


def _network_policy(env: Environment) -> Body:
    return network.allow(
        OPERATOR,
        controllers.labels(OPERATOR),
        ingress=[monitoring.scraped(METRICS_PORT)],
        egress=[network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)],
    )
