"""cert-manager, which makes the certificates of admission webhooks and renews them.

Sources, all cert-manager v1.21.2: deploy/charts/cert-manager (objects, arguments, ports, rules), cmd and
internal/apis/config (flags and defaults), hack/containers (user), pkg/controller (what is watched).

It needs no certificate from anyone: its webhook makes its own CA in the Secret cert-manager-webhook-ca and
serves with it, and the CA injector copies it into the two webhook configurations.

Not here, of what upstream's chart has:

- ClusterRoles aggregated to view and edit: nobody gets access to the cluster through those.
- ClusterRoles for orders, challenges, ingress-shim, ClusterIssuers and CertificateSigningRequests: those
  controllers are off. There is no ACME issuer here, as certificates that people see are ACM's.
- Job startupapicheck: a hook of Helm; Argo CD waits for the Deployments and for Certificates instead.
- Services cert-manager and cert-manager-cainjector, and the port of metrics of the webhook's: PodMonitors
  scrape the pods.
- the variable POD_NAMESPACE: arguments name the namespace.
"""

from charts_src.lib import monitoring, network, rbac
from charts_src.lib.cert_manager import (
    CAINJECTOR,
    CONTROLLER,
    HTTPS,
    METRICS,
    WEBHOOK,
    pods,
    webhook_configurations,
)
from charts_src.lib.cert_manager_rules import (
    CAINJECTOR_RULES,
    CONTROLLER_RULES,
    READ_SECRETS,
    REVIEW,
    SERVING,
    WRITE_SECRETS,
    leader_election,
)
from charts_src.lib.controllers import deployment, disruption_budget, labels, service
from charts_src.lib.namespaces import CERT_MANAGER, CERTIFICATE_NAMESPACES
from charts_src.manifest import Component
from charts_src.objects import Body


class CertManager(Component):
    """Controller, webhook and CA injector, each with an account of its own.

    Upstream's controller may write every Secret of the cluster; ours only those of the namespaces with
    certificates. It still reads all: its informers watch one namespace or the whole cluster, nothing between.
    """

    name = CONTROLLER
    target_namespace = CERT_MANAGER

    def versions(self) -> dict[str, str]:
        """Name the version of cert-manager."""
        return {"cert-manager": self.env.cert_manager.version}

    def compose(self) -> None:
        """Add the three programs, what they may do and what they may talk to."""
        self._controller_permissions()
        self._cainjector_permissions()
        self._webhook_permissions()
        for name, spec in pods(self.env).items():
            self.add(deployment(name, self.env.cert_manager.replicas, spec))
            self.add(disruption_budget(name))
            self.add(monitoring.pod_monitor(name, labels(name), "http-metrics"))
            self.add(self._network_policy(name))
        self.add(service(WEBHOOK, WEBHOOK, 443, "https"))
        for body in webhook_configurations():
            self.add(body)

    def _controller_permissions(self) -> None:
        account = rbac.service_account(self, CONTROLLER)
        read_secrets, write_secrets = f"{CONTROLLER}-read-secrets", f"{CONTROLLER}-write-secrets"
        self.add(rbac.cluster_role(CONTROLLER, CONTROLLER_RULES))
        self.add(rbac.cluster_role(read_secrets, READ_SECRETS))
        rbac.bind_cluster_wide(account, CONTROLLER)
        rbac.bind_cluster_wide(account, read_secrets)
        for namespace in CERTIFICATE_NAMESPACES:
            self.add(rbac.role(write_secrets, WRITE_SECRETS, namespace))
            rbac.bind_role(account, write_secrets, namespace)
        self.add(rbac.role(f"{CONTROLLER}-leader-election", leader_election("cert-manager-controller")))
        rbac.bind_role(account, f"{CONTROLLER}-leader-election")

    def _cainjector_permissions(self) -> None:
        account = rbac.service_account(self, CAINJECTOR)
        self.add(rbac.cluster_role(CAINJECTOR, CAINJECTOR_RULES))
        rbac.bind_cluster_wide(account, CAINJECTOR)
        leases = ("cert-manager-cainjector-leader-election", "cert-manager-cainjector-leader-election-core")
        self.add(rbac.role(f"{CAINJECTOR}-leader-election", leader_election(*leases)))
        rbac.bind_role(account, f"{CAINJECTOR}-leader-election")

    def _webhook_permissions(self) -> None:
        account = rbac.service_account(self, WEBHOOK)
        self.add(rbac.cluster_role(f"{WEBHOOK}-review", REVIEW))
        rbac.bind_cluster_wide(account, f"{WEBHOOK}-review")
        self.add(rbac.role(f"{WEBHOOK}-serving", SERVING))
        rbac.bind_role(account, f"{WEBHOOK}-serving")

    def _network_policy(self, name: str) -> Body:
        """Let each program reach the Kubernetes API, and the API server, from the VPC, the webhook."""
        cluster = self.env.cluster
        calls = {"from": [network.block(cluster.vpc_cidr)], "ports": network.ports(HTTPS)}
        return network.allow(
            name,
            labels(name),
            ingress=[monitoring.scraped(METRICS), *([calls] if name == WEBHOOK else [])],
            egress=[network.api_server_egress(cluster.vpc_cidr, cluster.service_cidr)],
        )
