"""The Spark Operator, which submits SparkApplications and looks after their drivers.

Sources, all github.com/kubeflow/spark-operator/v2@v2.5.2: charts/spark-operator-chart/templates (controller,
webhook, prometheus), cmd/operator (flags, probes), Dockerfile (user 185, writable folders).

Different from the chart beside what is said below: --controller-threads is how many submissions the
environment allows at once; flags for metrics and the precision of timestamps are left at their defaults; the
port of the probes is named; the account of drivers is in the component spark-jobs.
"""

from typing import Any

from charts_src.lib import controllers, monitoring, network, rbac, spark_webhook, user_roles
from charts_src.lib.images import image
from charts_src.lib.namespaces import SPARK_JOBS, SPARK_OPERATOR
from charts_src.lib.pod import container, http_probe, mount, pod, port, resources, scratch
from charts_src.lib.rbac import ALL, READ, Rule
from charts_src.lib.spark import USER
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.spark import Spark
from charts_src.objects import Body

CONTROLLER = "spark-operator-controller"
WEBHOOK = spark_webhook.WEBHOOK
METRICS_PORT = 8080
HEALTH_PORT = 8081
_WEBHOOK_LEADER_ELECTION = "spark-operator-webhook-leader-election"
_CONTROLLER_LEADER_ELECTION = "spark-operator-controller-leader-election"
_CERTIFICATE_READER = "spark-operator-webhook-certificate"
_APPLICATIONS = ("scheduledsparkapplications", "sparkapplications", "sparkconnects")

CONTROLLER_RULES = (
    Rule("", ("configmaps",), ("create", *READ, "patch", "update")),
    Rule("", ("events",), ("create", "patch", "update")),
    Rule("", ("pods",), ("create", "delete", *READ, "update")),
    Rule("", ("services",), ALL),
    Rule("sparkoperator.k8s.io", ("scheduledsparkapplications", "sparkconnects"), READ),
    Rule("sparkoperator.k8s.io", ("sparkapplications",), ("create", "delete", *READ)),
    Rule("sparkoperator.k8s.io", tuple(f"{name}/finalizers" for name in _APPLICATIONS), ("update",)),
    Rule("sparkoperator.k8s.io", tuple(f"{name}/status" for name in _APPLICATIONS), ("update",)),
)
"""Upstream's rules for the namespace of jobs, without ingresses: made only with --ingress-url-format."""

WEBHOOK_RULES = (
    Rule("", ("pods",), ("list", "watch")),
    Rule("sparkoperator.k8s.io", ("scheduledsparkapplications", "sparkapplications"), READ),
)
"""Upstream's without resourcequotas, which are read only with --enable-resource-quota-enforcement."""


def leader_election(lock: str) -> tuple[Rule, ...]:
    """Give upstream's rules for the lock of one program; a name can't be demanded of what is created."""
    return (
        Rule("", ("events",), ("create", "patch", "update")),
        Rule("coordination.k8s.io", ("leases",), ("create",)),
        Rule("coordination.k8s.io", ("leases",), ("get", "update"), (lock,)),
    )


class SparkOperator(Component):
    """Controller and webhook, with permissions in the namespace of jobs and in no other.

    Left out of upstream's ClusterRoles: the definitions, which only the Volcano scheduler reads, and the
    webhook configurations, which cert-manager fills in.
    """

    name = "spark-operator"
    target_namespace = SPARK_OPERATOR

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section spark."""
        return env.spark is not None

    def versions(self) -> dict[str, str]:
        """Name the versions of the operator and of Spark."""
        return {"spark-operator": self._section.version, "spark": self._section.spark_version}

    def compose(self) -> None:
        """Add both programs, what each may do and talk to, and what users may do with applications."""
        self._permissions(CONTROLLER, CONTROLLER_RULES, _CONTROLLER_LEADER_ELECTION)
        account = self._permissions(WEBHOOK, WEBHOOK_RULES, _WEBHOOK_LEADER_ELECTION)
        self.add(_certificate_reader())
        rbac.bind_role(account, _CERTIFICATE_READER)
        self.add(_controller(self.env, self._section))
        self.add(_webhook(self.env, self._section))
        for name in (CONTROLLER, WEBHOOK):
            self.add(controllers.disruption_budget(name))
            self.add(monitoring.pod_monitor(name, controllers.labels(name), "metrics"))
            self.add(_network_policy(self.env, name))
        for body in spark_webhook.objects():
            self.add(body)
        status = tuple(f"{name}/status" for name in _APPLICATIONS)
        self.add(user_roles.viewer("spark-applications", "sparkoperator.k8s.io", *_APPLICATIONS, *status))
        self.add(user_roles.editor("spark-applications", "sparkoperator.k8s.io", *_APPLICATIONS))

    @property
    def _section(self) -> Spark:
        assert self.env.spark  # noqa: S101  # enabled() is asked first
        return self.env.spark

    def _permissions(self, name: str, rules: tuple[Rule, ...], election: str) -> Any:
        account = rbac.service_account(self, name)
        self.add(rbac.cluster_role(name, rules))
        rbac.bind_cluster_role(account, name, SPARK_JOBS)
        self.add(rbac.role(election, leader_election(_lock(name))))
        rbac.bind_role(account, election)
        return account


def _lock(program: str) -> str:
    return f"{program}-lock"


def _certificate_reader() -> Body:
    """Let the webhook read the Secret of its certificate; upstream lets it write Secrets too."""
    return rbac.role(_CERTIFICATE_READER, [Rule("", ("secrets",), ("get",), (spark_webhook.SECRET,))])


def _controller(env: Environment, section: Spark) -> Body:
    """Run the controller; each submission is a JVM, whose files are in /tmp.

    Feature gates and the rate limits of the work queue are upstream's defaults, written out.
    """
    arguments = [
        *_arguments("controller", _lock(CONTROLLER)),
        f"--controller-threads={section.submissions}",
        "--driver-pod-creation-grace-period=10s",
        "--enable-ui-service=true",
        "--feature-gates=PartialRestart=false,LoadSparkDefaults=false",
        "--leader-election-lease-duration=15s",
        "--leader-election-renew-deadline=10s",
        "--leader-election-retry-period=2s",
        "--max-tracked-executor-per-app=1000",
        "--workqueue-ratelimiter-bucket-qps=50",
        "--workqueue-ratelimiter-bucket-size=500",
        "--workqueue-ratelimiter-max-delay=6h",
    ]
    manager = _container(
        env,
        CONTROLLER,
        args=arguments,
        resources=resources("1", section.memory),
        volumeMounts=[mount("tmp", "/tmp")],  # noqa: S108  # an emptyDir
    )
    return _deployment(CONTROLLER, section.replicas, manager, [scratch("tmp", "1Gi")])


def _webhook(env: Environment, section: Spark) -> Body:
    """Run the webhook, which writes its certificate where its user may write.

    The Secret is mounted although the webhook reads it through the API: so the pod waits until it is there.
    """
    server = _container(
        env,
        WEBHOOK,
        args=[*_arguments("webhook", _lock(WEBHOOK)), *spark_webhook.arguments()],
        ports=[*_ports(), port("webhook", spark_webhook.PORT)],
        resources=resources("100m", "256Mi"),
        volumeMounts=[
            mount("serving-certs", "/etc/k8s-webhook-server/serving-certs"),
            mount("issued", "/etc/k8s-webhook-server/issued", readOnly=True),
        ],
    )
    issued = {"name": "issued", "secret": {"secretName": spark_webhook.SECRET, "defaultMode": 416}}
    return _deployment(WEBHOOK, section.replicas, server, [scratch("serving-certs", "16Mi"), issued])


def _arguments(program: str, lock: str) -> list[str]:
    return [
        program,
        "start",
        "--enable-metrics=true",
        f"--metrics-bind-address=:{METRICS_PORT}",
        "--metrics-endpoint=/metrics",
        "--metrics-labels=app_type",
        "--kube-api-burst=30",
        "--kube-api-qps=20",
        "--leader-election=true",
        f"--leader-election-lock-name={lock}",
        f"--leader-election-lock-namespace={SPARK_OPERATOR}",
        f"--namespaces={SPARK_JOBS}",
        "--zap-encoder=console",
        "--zap-log-level=info",
    ]


def _container(env: Environment, name: str, **fields: Any) -> Body:
    assert env.spark  # noqa: S101  # enabled() is asked first
    defaults: Body = {
        "ports": _ports(),
        "livenessProbe": http_probe("/healthz", "health", initialDelaySeconds=10),
        "readinessProbe": http_probe("/readyz", "health", initialDelaySeconds=5),
    }
    reference = f"ghcr.io/kubeflow/spark-operator/controller:{env.spark.version}"
    return container(name, image(env, reference), **(defaults | fields))


def _ports() -> list[Body]:
    return [port("health", HEALTH_PORT), port("metrics", METRICS_PORT)]


def _deployment(name: str, replicas: int, program: Body, volumes: list[Body]) -> Body:
    spec = pod(
        program,
        serviceAccountName=name,
        automountServiceAccountToken=True,
        terminationGracePeriodSeconds=10,
        volumes=volumes,
    )
    identity = {"runAsUser": USER, "runAsGroup": USER, "fsGroup": USER}
    return controllers.deployment(
        name, replicas, spec | {"securityContext": spec["securityContext"] | identity}
    )


def _network_policy(env: Environment, name: str) -> Body:
    """Let both reach the Kubernetes API, and Prometheus both; the API server calls from the VPC."""
    ingress = [monitoring.scraped(METRICS_PORT)]
    if name == WEBHOOK:
        caller = {"from": [network.block(env.cluster.vpc_cidr)], "ports": network.ports(spark_webhook.PORT)}
        ingress.append(caller)
    api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
    return network.allow(name, controllers.labels(name), ingress=ingress, egress=[api_server])
