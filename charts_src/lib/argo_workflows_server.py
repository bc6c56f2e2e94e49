"""The Argo server: the web interface of workflows, behind the load balancer's login and its own.

Sources, argo-workflows v4.1.4: manifests/namespace-install/argo-server-rbac, manifests/base/argo-server,
cmd/argo/commands/server.go, server/auth (single sign-on and its ServiceAccounts), docs/argo-server-sso.md,
docs/security.md (rules of people who look), docs/service-account-secrets.md.

- TLS: the server keeps its own, with the certificate that it makes when it starts, and the load balancer
  talks HTTPS to it (it checks no certificate of a target). Without TLS it would mark no cookie as secure.
- People: the server acts as one of two ServiceAccounts, by the groups that the login names, and has no
  rights over workflows by itself but to list them. In a namespaced installation both are in the managed
  namespace.
- Events: nothing outside starts workflows through the server, so it need not say that this failed.
"""

from collections.abc import Iterator
from hashlib import sha256

from charts_src.lib import monitoring, network
from charts_src.lib.argo_workflows import (
    CONFIGURATION,
    MANAGED,
    SERVER,
    SSO_SECRET,
    configuration,
    program,
)
from charts_src.lib.controllers import deployment, disruption_budget, labels, service
from charts_src.lib.external_secrets import external_secret
from charts_src.lib.images import image
from charts_src.lib.ingress import Backend, ingress
from charts_src.lib.pod import container, mount, port, scratch
from charts_src.lib.rbac import READ, Rule, role
from charts_src.lib.workflow_accounts import binding
from charts_src.model import Environment
from charts_src.model.argo_workflows import ArgoWorkflows
from charts_src.objects import Body

PORT = 2746
VIEWER = "workflows-viewer"
SUBMITTER = "workflows-submitter"
_RULE = "workflows.argoproj.io/rbac-rule"

OWN_RULES = (
    Rule("", ("configmaps",), ("get",)),
    Rule("", ("secrets",), ("create",)),
)
"""In its own namespace: the configuration, and to make the Secret `sso` with the key of its cookies; to read
that and the client's there is a Role by name. Upstream has all verbs for ConfigMaps, to edit limits of
semaphores in the interface, and reads all Secrets."""

MANAGED_RULES = (
    Rule("", ("serviceaccounts",), READ),
    Rule("argoproj.io", ("workflows", "workflowtemplates"), READ),
)
"""In the managed namespace: who a user may be, and what the interface lists from memory. Upstream lets the
server write workflows, delete pods and read logs; here that is up to the account of the user."""

VIEWER_RULES = (
    Rule("", ("events", "pods", "pods/log"), READ),
    Rule(
        "argoproj.io",
        ("cronworkflows", "workfloweventbindings", "workflows", "workflowtaskresults", "workflowtemplates"),
        READ,
    ),
)
"""What upstream's documentation gives people who only look."""

SUBMITTER_RULES = (
    *VIEWER_RULES,
    Rule("argoproj.io", ("workflows",), ("create", "delete", "patch", "update")),
    Rule("argoproj.io", ("cronworkflows",), ("patch", "update")),
)
"""Start, stop, retry and delete workflows, suspend scheduled ones. Templates change through Git only."""


def objects(env: Environment, section: ArgoWorkflows) -> Iterator[Body]:
    """Give what the server is made of, but for its account and roles."""
    yield external_secret(env, SSO_SECRET, ["client-id", "client-secret"])
    yield _deployment(env, section)
    yield disruption_budget(SERVER)
    yield service(SERVER, SERVER, PORT, "web")
    backend = Backend(SERVER, PORT, "/", drain_seconds=30, protocol="HTTPS")
    yield ingress(env.ingress, SERVER, section.host, backend)
    insecure = {"insecureSkipVerify": True}
    yield monitoring.service_monitor(
        SERVER, labels(SERVER), "web", scheme="https", tlsConfig=insecure, interval="30s"
    )
    yield _network_policy(env)


def named_secrets(name: str, namespace: str | None, secrets: list[str]) -> Body:
    """Give a Role that reads some Secrets by name."""
    body = role(name, [Rule("", ("secrets",), ("get",))])
    body["rules"][0]["resourceNames"] = secrets
    return body if namespace is None else body | {"metadata": {"name": name, "namespace": namespace}}


def token_secret(account: str) -> str:
    """Give the Secret in which the server looks for the token of a user's account."""
    return f"{account}.service-account-token"


def people(section: ArgoWorkflows) -> Iterator[Body]:
    """Give the accounts that users act as, each with a token; the API server fills the Secret in.

    The rule of the first account by precedence that holds decides.
    """
    yield from _person(VIEWER, "true", 0, VIEWER_RULES)
    if section.submitters:
        rule = " || ".join(f"'{group}' in groups" for group in section.submitters)
        yield from _person(SUBMITTER, rule, 1, SUBMITTER_RULES)


def _person(name: str, rule: str, precedence: int, rules: tuple[Rule, ...]) -> Iterator[Body]:
    here = {"name": name, "namespace": MANAGED}
    annotations = {_RULE: rule, f"{_RULE}-precedence": str(precedence)}
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": here | {"annotations": annotations},
        "automountServiceAccountToken": False,
    }
    yield {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": token_secret(name),
            "namespace": MANAGED,
            "annotations": {"kubernetes.io/service-account.name": name},
        },
        "type": "kubernetes.io/service-account-token",
    }
    yield role(name, rules) | {"metadata": here}
    yield binding(name, name)


def _deployment(env: Environment, section: ArgoWorkflows) -> Body:
    """Run two behind the load balancer; they share the key of cookies, so either knows a user.

    It reads its configuration once, so a pod template with the hash of that rolls it when it changes.
    Metrics, which say nothing about workflows, are open to Prometheus, which can't log in; everyone else is
    behind the login of the load balancer.
    """
    probe = {"httpGet": {"path": "/", "port": "web", "scheme": "HTTPS"}}
    main = container(
        SERVER,
        image(env, f"quay.io/argoproj/argocli:v{section.version}"),
        args=[
            "server",
            "--auth-mode=sso",
            f"--configmap={CONFIGURATION}",
            "--log-format=json",
            f"--managed-namespace={MANAGED}",
            "--namespaced",
        ],
        env=[{"name": "ARGO_SERVER_METRICS_AUTH", "value": "false"}],
        ports=[port("web", PORT)],
        livenessProbe=probe | {"initialDelaySeconds": 30, "periodSeconds": 20},
        readinessProbe=probe | {"initialDelaySeconds": 10, "periodSeconds": 20},
        volumeMounts=[mount("tmp", "/tmp")],  # noqa: S108
    )
    text = configuration(env, section)["data"]["config"]
    annotations = {"genai-on-eks/configuration": sha256(text.encode()).hexdigest()[:16]}
    spec = program(section, main, volumes=[scratch("tmp", "500Mi")])
    return deployment(SERVER, section.replicas, spec, annotations)


def _network_policy(env: Environment) -> Body:
    """Let the load balancer in, and the server to the Kubernetes API, the login, S3 and its credentials."""
    return network.allow(
        SERVER,
        labels(SERVER),
        ingress=[
            {"from": [network.block(env.cluster.vpc_cidr)], "ports": network.ports(PORT)},
            monitoring.scraped(PORT),
        ],
        egress=[
            network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
            network.https_egress(),
            network.pod_identity_egress(),
        ],
    )
