"""The EKS node monitoring agent, which says in node conditions what is wrong with a node.

Source: aws/eks-node-monitoring-agent v1.7.0, charts/eks-node-monitoring-agent, cmd and pkg. What follows from
its conditions is in lib/node_health.py. It is also an EKS add-on; here it is a component, as the add-on's
DCGM server runs on a fixed list of instance types and tolerates no taint, so that the agent misses it on our
GPU nodes and reports them all as broken (containers-roadmap issues 2555 and 2567).
"""

from charts_src.lib import monitoring, rbac
from charts_src.lib.accelerators import ACCELERATOR_LABEL
from charts_src.lib.controllers import labels
from charts_src.lib.eks_registry import eks_image
from charts_src.lib.namespaces import NODE_AGENTS
from charts_src.lib.node_agents import agent, daemon_set, has_accelerator
from charts_src.lib.pod import container, host_path, host_port, http_probe, mount, node_name, requests
from charts_src.lib.rbac import READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

AGENT = "eks-node-monitoring-agent"
DCGM = "dcgm-server"
HEALTH = 8002
METRICS = 8003
DCGM_PORT = 5555

RULES = (
    Rule("", ("events",), ("create", "patch")),
    Rule("", ("nodes",), READ),
    Rule("eks.amazonaws.com", ("nodediagnostics",), READ),
    Rule("eks.amazonaws.com", ("nodediagnostics/status",), ("patch",)),
)
"""Upstream's ClusterRole without patching nodes/status: without --legacy-node-rbac the agent sets conditions
as the node itself, with the kubelet's kubeconfig (cmd/eks-node-monitoring-agent/restconfig.go). So an agent
that is taken over can't have other nodes replaced."""


class NodeMonitoring(Component):
    """The agent on every node, and beside it on GPU nodes a DCGM server that it asks.

    Both are privileged: they read the kernel's log, the host's files and the devices, which no finer right
    gives.
    """

    name = "node-monitoring"
    target_namespace = NODE_AGENTS

    def versions(self) -> dict[str, str]:
        """Name the version of the agent."""
        return {AGENT: self.env.node_monitoring.version}

    def compose(self) -> None:
        """Add the agent and what it may do; on the host's network it is subject to no network policy."""
        account = rbac.service_account(self, AGENT)
        self.add(rbac.cluster_role(AGENT, RULES))
        rbac.bind_cluster_wide(account, AGENT)
        self.add(daemon_set(AGENT, _agent(self.env)))
        self.add(monitoring.pod_monitor(AGENT, labels(AGENT), "metrics"))
        if has_accelerator(self.env, "nvidia"):
            rbac.service_account(self, DCGM)
            self.add(daemon_set(DCGM, _dcgm(self.env)))


def _image(env: Environment) -> str:
    return eks_image(env, f"eks/{AGENT}:v{env.node_monitoring.version}-eksbuild.1")


def _agent(env: Environment) -> Body:
    """Give the agent's pod: upstream's, and a readiness probe; every node here is one that it knows."""
    main = container(
        AGENT,
        _image(env),
        args=[f"--probe-address=:{HEALTH}", f"--metrics-address=:{METRICS}"],
        env=[
            {"name": "HOST_ROOT", "value": "/host"},
            node_name("MY_NODE_NAME"),
        ],
        ports=[host_port("health", HEALTH), host_port("metrics", METRICS)],
        livenessProbe=http_probe("/healthz", "health"),
        readinessProbe=http_probe("/readyz", "health"),
        resources={
            "requests": {"cpu": "10m", "memory": "64Mi"},
            "limits": {"cpu": "250m", "memory": "200Mi"},
        },
        securityContext={"privileged": True, "capabilities": {"add": ["NET_ADMIN"]}},
        volumeMounts=[mount("host-root", "/host")],
    )
    return _pod(AGENT, main) | {
        "automountServiceAccountToken": True,
        "hostNetwork": True,
        "hostPID": True,
        "volumes": [host_path("host-root", "/", "")],
    }


def _dcgm(env: Environment) -> Body:
    """Give the DCGM server's pod, on nodes of pools with GPUs, whichever instance type they have.

    The agent calls it at localhost. Kubernetes always lets a node call its own pods, so no network policy
    opens the port and other nodes can't. Without the NVIDIA_ variables the runtime shows it no GPU.
    """
    main = container(
        DCGM,
        _image(env),
        command=["/usr/bin/nv-hostengine"],
        args=["-n", "-b", "ALL"],
        env=[
            {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"},
            {"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "compute,utility,compat32"},
            {"name": "NVIDIA_DISABLE_REQUIRE", "value": "true"},
        ],
        ports=[host_port("dcgm", DCGM_PORT)],
        livenessProbe={"tcpSocket": {"port": "dcgm"}, "initialDelaySeconds": 60, "periodSeconds": 30},
        resources=requests("10m", "128Mi", "512Mi"),
        securityContext={"privileged": True},
    )
    spec = _pod(DCGM, main)
    selector = {"kubernetes.io/arch": "amd64", ACCELERATOR_LABEL: "nvidia"}
    return spec | {"nodeSelector": spec["nodeSelector"] | selector}


def _pod(account: str, main: Body) -> Body:
    return {
        "containers": [main],
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        **agent(nodeSelector={"kubernetes.io/os": "linux"}),
    }
