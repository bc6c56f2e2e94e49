"""node-problem-detector, which counts what the kernel says and the node monitoring agent leaves out.

Source: k8s.io/node-problem-detector v1.36.0, deployment/node-problem-detector.yaml, Dockerfile (where the
configuration is in the image), config/kernel-monitor.json and readonly-monitor.json, cmd/options.

The agent has no eye for a file system that went read-only, an XFS that shut down, and fatal hardware errors
that the firmware reports (CPER). Karpenter would not act on a condition for these, so they are metrics and an
alert, and nothing is written to the API server.

Different from upstream: no account with rights on nodes and no token, as the exporter to Kubernetes is off;
the configuration is the image's own; without docker-monitor.json, as there is no Docker, and so without
/var/log; metrics are served to the pod's network, as they are what it is for.
"""

from charts_src.lib import monitoring, network, rbac
from charts_src.lib.controllers import labels
from charts_src.lib.images import image
from charts_src.lib.namespaces import NODE_AGENTS
from charts_src.lib.node_agents import agent, daemon_set
from charts_src.lib.pod import container, host_path, http_probe, mount, node_name, port, requests
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

DETECTOR = "node-problem-detector"
METRICS = 20257


class NodeProblemDetector(Component):
    """A detector on every node; it is privileged, as only such a container may open /dev/kmsg."""

    name = DETECTOR
    target_namespace = NODE_AGENTS

    def versions(self) -> dict[str, str]:
        """Name the version of the detector."""
        return {DETECTOR: self.env.node_monitoring.problem_detector_version}

    def compose(self) -> None:
        """Add the detectors, which only Prometheus reaches, and the alert."""
        rbac.service_account(self, DETECTOR)
        self.add(daemon_set(DETECTOR, _pod(self.env)))
        self.add(monitoring.pod_monitor(DETECTOR, labels(DETECTOR), "metrics"))
        self.add(network.allow(DETECTOR, labels(DETECTOR), ingress=[monitoring.scraped(METRICS)]))
        self.add(_alert())


def _pod(env: Environment) -> Body:
    return {
        "containers": [_container(env)],
        "serviceAccountName": DETECTOR,
        "automountServiceAccountToken": False,
        "volumes": [host_path("kmsg", "/dev/kmsg", "CharDevice")],
        **agent(nodeSelector={"kubernetes.io/os": "linux"}),
    }


def _container(env: Environment) -> Body:
    """Give the container; the server with /healthz belongs to the exporter to Kubernetes, which is off."""
    version = env.node_monitoring.problem_detector_version
    monitors = ",".join(f"/config/{name}-monitor.json" for name in ("kernel", "readonly"))
    return container(
        DETECTOR,
        image(env, f"registry.k8s.io/{DETECTOR}/{DETECTOR}:v{version}"),
        command=["/node-problem-detector"],
        args=[
            "--logtostderr",
            f"--config.system-log-monitor={monitors}",
            "--enable-k8s-exporter=false",
            "--prometheus-address=0.0.0.0",
            f"--prometheus-port={METRICS}",
        ],
        env=[node_name()],
        ports=[port("metrics", METRICS)],
        livenessProbe=http_probe("/metrics", "metrics", initialDelaySeconds=10, timeoutSeconds=5),
        resources=requests("10m", "80Mi", "128Mi"),
        securityContext={"privileged": True, "readOnlyRootFilesystem": True},
        volumeMounts=[mount("kmsg", "/dev/kmsg", readOnly=True)],
    )


def _alert() -> Body:
    """Tell of a problem that stays until the node is restarted or replaced."""
    rule = {
        "alert": "NodeProblem",
        "expr": "max by (instance, type, reason) (problem_gauge) == 1",
        "for": "1m",
        "labels": {"severity": "warning"},
        "annotations": {
            "summary": "{{ $labels.instance }}: {{ $labels.reason }}",
            "description": (
                "The kernel reports {{ $labels.type }}. Karpenter does not repair this by itself: drain and "
                "delete the node."
            ),
        },
    }
    return monitoring.prometheus_rule(DETECTOR, [{"name": DETECTOR, "rules": [rule]}])
