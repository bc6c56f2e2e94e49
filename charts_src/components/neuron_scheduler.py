"""The scheduler that gives a pod Neuron devices which are connected to each other.

Two programs: a kube-scheduler of our own for pods with `schedulerName: neuron-scheduler`, and AWS's
extension, which it asks over HTTP for the nodes and devices that fit. EKS lets nobody change the scheduler
of the cluster.

Sources: neuron-helm-charts, templates/scheduler at 7324cd0 and 97e1b7d with the values of chart 1.10.0
(Neuron 2.32.0); aws-neuron-sdk, deploy/infrastructure/scheduler.rst; Kubernetes v1.36.3, bootstrappolicy
(what system:kube-scheduler may do) and cmd/kube-scheduler. The extension itself isn't public.

Differences from the chart:

- Bootstrap: the chart has the extension scheduled by the scheduler that waits for the extension. Here the
  default scheduler places both.
- kube-scheduler: of the minor version of the cluster, whose system:kube-scheduler role fits it; the chart's
  is 1.31.
- Two schedulers, one of which leads. One extension, replaced by Recreate as in the chart: two would give the
  same devices away.
- Roles: the election's lease in this namespace, and the API server's ConfigMap for authentication; the chart
  reads all ConfigMaps and writes all leases of the cluster. The extension gets nodes/status without list and
  watch, which no subresource has.
- Neither runs as root; the chart leaves the user to the images. Both talk to the API server and no device.
- Metrics of the scheduler are served without authorization, to Prometheus only, by network policy.
"""

from charts_src.emit import emit
from charts_src.lib import monitoring, network, rbac
from charts_src.lib.config_maps import config_annotation, config_map
from charts_src.lib.controllers import bare_deployment, disruption_budget, labels, service
from charts_src.lib.namespaces import ACCELERATORS
from charts_src.lib.neuron_scheduler import (
    EXTENSION,
    EXTENSION_PORT,
    KUBE_SCHEDULER,
    NAME,
    PORT,
    extension_pod,
    scheduler_config,
    scheduler_pod,
)
from charts_src.lib.node_agents import has_accelerator
from charts_src.lib.rbac import READ, Rule, cluster_binding
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

_AUTHENTICATION = "extension-apiserver-authentication-reader"

EXTENSION_RULES = (
    Rule("", ("bindings", "pods/binding"), ("create",)),
    Rule("", ("events",), ("create", "patch")),
    Rule("", ("nodes",), READ),
    Rule("", ("nodes/status",), ("get", "patch", "update")),
    Rule("", ("pods",), (*READ, "patch", "update")),
)
"""It writes a pod's devices to annotations of the pod, those in use to annotations of the node, and binds."""

LEADER_ELECTION_RULES = (Rule("coordination.k8s.io", ("leases",), ("create", "get", "update")),)


class NeuronScheduler(Component):
    """The second scheduler and its extension."""

    name = NAME
    target_namespace = ACCELERATORS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether a pool has Neuron devices, and the environment wants them placed side by side."""
        return env.accelerators.neuron.scheduler and has_accelerator(env, "trainium", "inferentia")

    def versions(self) -> dict[str, str]:
        """Name the versions of the extension and of the scheduler."""
        tag = KUBE_SCHEDULER[self.env.kubernetes].rpartition(":")[2]
        return {"neuron-scheduler": self.env.accelerators.neuron.version, "kube-scheduler": tag}

    def compose(self) -> None:
        """Add both programs, what they may do and what they may talk to."""
        self._permissions()
        config = emit(scheduler_config())
        self.add(config_map(NAME, {"config.yaml": config}))
        self.add(bare_deployment(NAME, 2, scheduler_pod(self.env), annotations=config_annotation(config)))
        self.add(bare_deployment(EXTENSION, 1, extension_pod(self.env), {"type": "Recreate"}))
        self.add(service(EXTENSION, EXTENSION, EXTENSION_PORT, "http", labelled=False))
        for name in (NAME, EXTENSION):
            self.add(disruption_budget(name))
        self.add(_pod_monitor())
        for policy in _network_policies(self.env):
            self.add(policy)

    def _permissions(self) -> None:
        scheduler = rbac.service_account(self, NAME)
        self.add(rbac.role(NAME, LEADER_ELECTION_RULES))
        rbac.bind_role(scheduler, NAME)
        for role in ("system:kube-scheduler", "system:volume-scheduler"):
            binding = f"{NAME}-as-{role.removeprefix('system:')}"
            self.add(cluster_binding(role, NAME, ACCELERATORS, binding))
        # How the API server authenticates, which the scheduler needs to know to serve over TLS.
        reader = f"{NAME}-authentication-reader"
        self.add(rbac.role_binding(_AUTHENTICATION, NAME, ACCELERATORS, "kube-system", reader))
        rbac.service_account(self, EXTENSION)
        self.add(rbac.cluster_role(EXTENSION, EXTENSION_RULES))
        self.add(cluster_binding(EXTENSION, EXTENSION, ACCELERATORS))


def _pod_monitor() -> Body:
    """Scrape over TLS; the certificate is one that the scheduler signs itself as it starts."""
    return monitoring.pod_monitor(
        NAME, labels(NAME), "https", scheme="https", tlsConfig={"insecureSkipVerify": True}
    )


def _network_policies(env: Environment) -> tuple[Body, Body]:
    api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
    asked = {"to": [network.pods(labels(EXTENSION))], "ports": network.ports(EXTENSION_PORT)}
    asking = {"from": [network.pods(labels(NAME))], "ports": network.ports(EXTENSION_PORT)}
    return (
        network.allow(NAME, labels(NAME), ingress=[monitoring.scraped(PORT)], egress=[api_server, asked]),
        network.allow(EXTENSION, labels(EXTENSION), ingress=[asking], egress=[api_server]),
    )
