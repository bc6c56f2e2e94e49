"""The AWS Load Balancer Controller, which makes the load balancer of the Ingresses.

Sources: aws-load-balancer-controller v3.5.0: helm/aws-load-balancer-controller (objects, arguments, ports),
main.go and pkg/config (flags, health endpoints), config/rbac; the same chart is in aws/eks-charts
stable/aws-load-balancer-controller. Rules, webhooks and AWS permissions are in lib/load_balancer_*.py.

It runs in a namespace of its own, upstream's in kube-system, and is no critical pod of the cluster: without
it load balancers stay as they are. Flags that upstream leaves at their default are left out,
but for the ports that a policy opens.
"""

from charts_src.lib import monitoring, network, rbac
from charts_src.lib.controllers import deployment, disruption_budget, labels
from charts_src.lib.external_secrets import external_secret
from charts_src.lib.iam import PodIdentity
from charts_src.lib.images import image
from charts_src.lib.ingress import CLASS, TLS_POLICY
from charts_src.lib.load_balancer_iam import POLICIES
from charts_src.lib.load_balancer_rules import LEADER_ELECTION, RULES, login_secret
from charts_src.lib.load_balancer_webhook import PORT, SECRET, webhook_objects
from charts_src.lib.namespaces import INGRESS_NAMESPACES, LOAD_BALANCER_CONTROLLER
from charts_src.lib.network import NAMESPACE_LABEL
from charts_src.lib.pod import container, http_probe, mount, pod, port, resources, secret_volume
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

CONTROLLER = "aws-load-balancer-controller"
METRICS = 8080
HEALTH = 61779

FEATURE_GATES = {
    "ALBGatewayAPI": False,
    "EnableServiceController": False,
    "GatewayListenerSet": False,
    "NLBGatewayAPI": False,
}
"""Gates that differ from their default: there are neither Gateways nor Services of type LoadBalancer here, so
the controller needs no definition of the former and no right to change the latter."""


class LoadBalancerController(Component):
    """The controller with its webhooks, and the class of Ingresses that it serves."""

    name = CONTROLLER
    target_namespace = LOAD_BALANCER_CONTROLLER

    def versions(self) -> dict[str, str]:
        """Name the version of the controller."""
        return {"aws-load-balancer-controller": self.env.load_balancer_controller.version}

    def pod_identities(self) -> tuple[PodIdentity, ...]:
        """Let the controller make load balancers, and change only those that it has made."""
        return (PodIdentity(LOAD_BALANCER_CONTROLLER, CONTROLLER, POLICIES),)

    def compose(self) -> None:
        """Add the controller, its webhooks and class, what it may do and what it may talk to."""
        self._permissions()
        self.add(deployment(CONTROLLER, self.env.load_balancer_controller.replicas, _pod(self.env)))
        self.add(disruption_budget(CONTROLLER))
        self.add(monitoring.pod_monitor(CONTROLLER, labels(CONTROLLER), "metrics-server"))
        self.add(_network_policy(self.env))
        for body in (*webhook_objects(labels(CONTROLLER)), _class(), _class_parameters(self.env)):
            self.add(body)

    def _permissions(self) -> None:
        account = rbac.service_account(self, CONTROLLER)
        self.add(rbac.cluster_role(CONTROLLER, RULES))
        rbac.bind_cluster_wide(account, CONTROLLER)
        self.add(rbac.role(f"{CONTROLLER}-leader-election", LEADER_ELECTION))
        rbac.bind_role(account, f"{CONTROLLER}-leader-election")
        if oidc := self.env.ingress.oidc:
            for namespace in INGRESS_NAMESPACES:
                secret = external_secret(self.env, oidc.secret_name, ("clientID", "clientSecret"))
                self.add(secret | {"metadata": secret["metadata"] | {"namespace": namespace}})
                self.add(rbac.role(f"{CONTROLLER}-login", login_secret(oidc.secret_name), namespace))
                rbac.bind_role(account, f"{CONTROLLER}-login", namespace)


def _pod(env: Environment) -> Body:
    main = container(
        CONTROLLER,
        image(env, f"public.ecr.aws/eks/{CONTROLLER}:v{env.load_balancer_controller.version}"),
        args=_arguments(env),
        ports=[port("webhook-server", PORT), port("metrics-server", METRICS), port("health", HEALTH)],
        livenessProbe=http_probe(
            "/healthz", "health", initialDelaySeconds=30, timeoutSeconds=10, failureThreshold=2
        ),
        readinessProbe=http_probe(
            "/readyz", "health", initialDelaySeconds=10, timeoutSeconds=10, failureThreshold=2
        ),
        resources=resources("100m", "256Mi"),
        volumeMounts=[mount("cert", "/tmp/k8s-webhook-server/serving-certs", readOnly=True)],  # noqa: S108
    )
    spec = pod(
        main,
        serviceAccountName=CONTROLLER,
        automountServiceAccountToken=True,
        terminationGracePeriodSeconds=10,
        volumes=[secret_volume("cert", SECRET)],
    )
    return spec | {"securityContext": spec["securityContext"] | {"runAsUser": 65532, "fsGroup": 65534}}


def _arguments(env: Environment) -> list[str]:
    """Give the arguments: region and VPC are told, as no pod here reaches the instance metadata.

    The VPC is found by the tag that Karpenter finds subnets by, so that the manifests need no id. Shield and
    WAF are left alone, so whoever attaches a web ACL to the load balancer by other means keeps it.
    """
    gates = ",".join(f"{name}={str(on).lower()}" for name, on in FEATURE_GATES.items())
    return [
        f"--aws-region={env.aws.region}",
        f"--aws-vpc-tags=karpenter.sh/discovery={env.cluster.name}",
        f"--cluster-name={env.cluster.name}",
        "--default-target-type=ip",
        "--enable-pod-readiness-gate-inject=false",
        "--enable-shield=false",
        "--enable-waf=false",
        "--enable-wafv2=false",
        f"--feature-gates={gates}",
        f"--ingress-class={CLASS}",
        f"--metrics-bind-addr=:{METRICS}",
        f"--webhook-bind-port={PORT}",
    ]


def _network_policy(env: Environment) -> Body:
    """Let the controller reach the Kubernetes API and AWS, and the API server, from the VPC, its webhooks."""
    cluster = env.cluster
    return network.allow(
        CONTROLLER,
        labels(CONTROLLER),
        ingress=[
            monitoring.scraped(METRICS),
            {"from": [network.block(cluster.vpc_cidr)], "ports": network.ports(PORT)},
        ],
        egress=[
            network.api_server_egress(cluster.vpc_cidr, cluster.service_cidr),
            network.aws_api_egress(),
            network.pod_identity_egress(),
        ],
    )


def _class() -> Body:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": CLASS},
        "spec": {
            "controller": "ingress.k8s.aws/alb",
            "parameters": {
                "apiGroup": "elbv2.k8s.aws",
                "kind": "IngressClassParams",
                "name": CLASS,
                "scope": "Cluster",
            },
        },
    }


def _class_parameters(env: Environment) -> Body:
    """Give what no annotation of an Ingress can change: who may connect, over which TLS, from where."""
    settings = env.ingress
    return {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "IngressClassParams",
        "metadata": {"name": CLASS},
        "spec": {
            "certificateArn": [settings.certificate_arn],
            "inboundCIDRs": list(settings.inbound_cidrs),
            "namespaceSelector": {
                "matchExpressions": [
                    {"key": NAMESPACE_LABEL, "operator": "In", "values": list(INGRESS_NAMESPACES)}
                ]
            },
            "scheme": settings.scheme,
            "sslPolicy": TLS_POLICY,
            "tags": [{"key": "environment", "value": env.name}],
        },
    }
