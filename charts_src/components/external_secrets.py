"""External Secrets, which copies secrets from AWS Secrets Manager into the cluster.

Sources, all external-secrets v1.3.2: deploy/charts/external-secrets (objects, rules, ports), cmd/controller
(flags, health endpoints), pkg/controllers (what is watched and written).

Not here, of what upstream's chart has:

- Deployment external-secrets-webhook: it says at once what is wrong with an ExternalSecret, which the schema
  says here while rendering, and if it is down nobody can write one.
- Deployment external-secrets-cert-controller: makes the certificate of that webhook, for which it may write
  CustomResourceDefinitions.
- ClusterRoles aggregated to view and edit, and for service bindings: nobody gets access through those.
"""

from charts_src.lib import monitoring, network, rbac
from charts_src.lib.controllers import deployment, disruption_budget, labels
from charts_src.lib.external_secrets import STORE
from charts_src.lib.iam import PodIdentity, statement
from charts_src.lib.images import image
from charts_src.lib.namespaces import EXTERNAL_SECRETS, SECRET_NAMESPACES
from charts_src.lib.pod import container, http_probe, pod, port, resources
from charts_src.lib.rbac import READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

CONTROLLER = "external-secrets"
METRICS = 8080
HEALTH = 8082
_GROUP = "external-secrets.io"

RULES = (
    Rule("", ("events",), ("create", "patch")),
    Rule("", ("namespaces",), READ),
    Rule(_GROUP, ("clustersecretstores", "externalsecrets"), READ),
    Rule(
        _GROUP,
        ("clustersecretstores/status", "externalsecrets", "externalsecrets/status"),
        ("patch", "update"),
    ),
    Rule("generators.external-secrets.io", ("generatorstates",), READ),
)
"""Upstream's ClusterRole without what is off by flag (SecretStores, PushSecrets, ClusterExternalSecrets) or
never referred to by ours:

- serviceaccounts, serviceaccounts/token: only for a store that logs in as another account.
- configmaps: only for templates and certificates from one.
- generators; writing generatorstates: no ExternalSecret of ours generates anything. They must still be read:
  that controller has no flag that keeps it from starting.
- clustersecretstores, update: only to hold finalizers for PushSecrets.
- externalsecrets/finalizers: only the admission plugin OwnerReferencesPermissionEnforcement asks for it. It
  is on in OpenShift (upstream: openshiftFinalizers); with it Karpenter's upstream role could launch no node.
"""

WATCH_SECRETS = (Rule("", ("secrets",), ("list", "watch")),)
"""In the whole cluster: the informers are limited to one namespace or to none. They keep the metadata of all
Secrets, and the content of those that External Secrets has made."""

WRITE_SECRETS = (Rule("", ("secrets",), ("create", "delete", "get", "patch", "update")),)
"""In each namespace that the store serves."""

LEADER_ELECTION = (
    Rule("coordination.k8s.io", ("leases",), ("get", "patch", "update"), ("external-secrets-controller",)),
    Rule("coordination.k8s.io", ("leases",), ("create",)),
)
"""Upstream's Role for its one Lease, without configmaps: controller-runtime elects through Leases only."""


class ExternalSecrets(Component):
    """The controller, and the store of the environment's account and region.

    Its AWS role reads the secrets below the name of the cluster and no others.
    """

    name = CONTROLLER
    target_namespace = EXTERNAL_SECRETS

    def versions(self) -> dict[str, str]:
        """Name the version of the controller."""
        return {"external-secrets": self.env.external_secrets.version}

    def pod_identities(self) -> tuple[PodIdentity, ...]:
        """Let the controller read the secrets of this cluster; AWS' own key needs no right to decrypt."""
        aws = self.env.aws
        secrets = f"arn:aws:secretsmanager:{aws.region}:{aws.account}:secret:{self.env.cluster.name}/*"
        read = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
        return (
            PodIdentity(
                EXTERNAL_SECRETS, CONTROLLER, {"secrets": [statement("ReadSecrets", read, [secrets])]}
            ),
        )

    def compose(self) -> None:
        """Add the controller, its store, what it may do and what it may talk to."""
        self._permissions()
        self.add(deployment(CONTROLLER, self.env.external_secrets.replicas, _pod(self.env)))
        self.add(disruption_budget(CONTROLLER))
        self.add(monitoring.pod_monitor(CONTROLLER, labels(CONTROLLER), "metrics"))
        self.add(_network_policy(self.env))
        self.add(_store(self.env))

    def _permissions(self) -> None:
        account = rbac.service_account(self, CONTROLLER)
        watch_secrets, write_secrets = f"{CONTROLLER}-watch-secrets", f"{CONTROLLER}-write-secrets"
        self.add(rbac.cluster_role(CONTROLLER, RULES))
        self.add(rbac.cluster_role(watch_secrets, WATCH_SECRETS))
        rbac.bind_cluster_wide(account, CONTROLLER)
        rbac.bind_cluster_wide(account, watch_secrets)
        for namespace in SECRET_NAMESPACES:
            self.add(rbac.role(write_secrets, WRITE_SECRETS, namespace))
            rbac.bind_role(account, write_secrets, namespace)
        self.add(rbac.role(f"{CONTROLLER}-leader-election", LEADER_ELECTION))
        rbac.bind_role(account, f"{CONTROLLER}-leader-election")


def _pod(env: Environment) -> Body:
    """Give the pod; upstream has no probes by default, and nothing but the process answers to /healthz."""
    main = container(
        CONTROLLER,
        image(env, f"ghcr.io/external-secrets/external-secrets:v{env.external_secrets.version}"),
        args=[
            "--enable-leader-election=true",
            "--enable-cluster-external-secret-reconciler=false",
            "--enable-cluster-push-secret-reconciler=false",
            "--enable-generator-state=false",
            "--enable-push-secret-reconciler=false",
            "--enable-secret-store-reconciler=false",
            f"--live-addr=:{HEALTH}",
            "--loglevel=info",
            f"--metrics-addr=:{METRICS}",
            "--zap-time-encoding=rfc3339",
        ],
        env=[{"name": "AWS_REGION", "value": env.aws.region}],
        ports=[port("metrics", METRICS), port("live", HEALTH)],
        livenessProbe=http_probe("/healthz", "live", initialDelaySeconds=10, timeoutSeconds=5),
        readinessProbe=http_probe("/healthz", "live"),
        resources=resources("50m", "256Mi"),
    )
    spec = pod(main, serviceAccountName=CONTROLLER, automountServiceAccountToken=True)
    return spec | {"securityContext": spec["securityContext"] | {"runAsUser": 65534}}


def _network_policy(env: Environment) -> Body:
    """Let the controller reach the Kubernetes API, Secrets Manager and the agent with its credentials."""
    return network.allow(
        CONTROLLER,
        labels(CONTROLLER),
        ingress=[monitoring.scraped(METRICS)],
        egress=[
            network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
            network.aws_api_egress(),
            network.pod_identity_egress(),
        ],
    )


def _store(env: Environment) -> Body:
    """Give the one store; without `auth` it uses the controller's own AWS role.

    Whoever may write an ExternalSecret in one of these namespaces can read every secret of the cluster.
    """
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterSecretStore",
        "metadata": {"name": STORE},
        "spec": {
            "conditions": [{"namespaces": list(SECRET_NAMESPACES)}],
            "provider": {"aws": {"service": "SecretsManager", "region": env.aws.region}},
        },
    }
