"""The two programs of the Neuron scheduler: their images, pods and configuration.

Sources: see components/neuron_scheduler.py, which says what differs from upstream.
"""

from charts_src.lib.accelerators import NEURON_CORE, NEURON_DEVICE, NEURON_SCHEDULER, placement
from charts_src.lib.config_maps import config_volume
from charts_src.lib.images import image
from charts_src.lib.namespaces import ACCELERATORS
from charts_src.lib.pod import container, mount, pod, port, requests
from charts_src.model import Environment
from charts_src.model.base import KubernetesMinor
from charts_src.objects import Body

NAME = NEURON_SCHEDULER
EXTENSION = "neuron-scheduler-extension"
EXTENSION_PORT = 12345
PORT = 10259
_USER = 65534

KUBE_SCHEDULER: dict[KubernetesMinor, str] = {
    "1.34": "public.ecr.aws/eks-distro/kubernetes/kube-scheduler:v1.34.8-eks-1-34-19",
    "1.35": "public.ecr.aws/eks-distro/kubernetes/kube-scheduler:v1.35.8-eks-1-35-15",
    "1.36": "public.ecr.aws/eks-distro/kubernetes/kube-scheduler:v1.36.4-eks-1-36-9",
}
"""Kubernetes minor version -> image of EKS Distro (releases v1-34-eks-19, v1-35-eks-15, v1-36-eks-9)."""


def scheduler_config() -> Body:
    """Ask the extension about pods with Neuron resources; without an answer such a pod stays pending.

    nodeCacheCapable is false as in the chart: the extension gets whole nodes, with the annotations it keeps
    there.
    """
    extender = {
        "urlPrefix": f"http://{EXTENSION}.{ACCELERATORS}.svc.cluster.local:{EXTENSION_PORT}",
        "filterVerb": "filter",
        "bindVerb": "bind",
        "enableHTTPS": False,
        "nodeCacheCapable": False,
        "ignorable": False,
        "managedResources": [
            {"name": name, "ignoredByScheduler": False} for name in (NEURON_DEVICE, NEURON_CORE)
        ],
    }
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [{"schedulerName": NEURON_SCHEDULER}],
        "extenders": [extender],
        "leaderElection": {
            "leaderElect": True,
            "resourceNamespace": ACCELERATORS,
            "resourceName": NAME,
        },
    }


def scheduler_pod(env: Environment) -> Body:
    """Give the PodSpec of the scheduler; /metrics needs no authorization, network policy guards it."""
    program = container(
        NAME,
        image(env, KUBE_SCHEDULER[env.kubernetes]),
        command=["/usr/local/bin/kube-scheduler"],
        args=[
            "--config=/etc/kubernetes/neuron-scheduler/config.yaml",
            "--leader-elect=true",
            f"--secure-port={PORT}",
            "--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics",
            "--v=2",
        ],
        ports=[port("https", PORT)],
        livenessProbe=_asks("/livez"),
        readinessProbe=_asks("/readyz"),
        volumeMounts=[mount("config", "/etc/kubernetes/neuron-scheduler", readOnly=True)],
        resources=requests("100m", "128Mi", "512Mi"),
    )
    volume = config_volume("config", NAME)
    return _pod(NAME, program) | {"volumes": [volume]}


def _asks(path: str) -> Body:
    return {"httpGet": {"path": path, "port": "https", "scheme": "HTTPS"}, "initialDelaySeconds": 15}


def extension_pod(env: Environment) -> Body:
    """Give the PodSpec of the extension, which documents no health endpoint."""
    probe = {"tcpSocket": {"port": "http"}, "initialDelaySeconds": 5}
    program = container(
        EXTENSION,
        image(env, f"public.ecr.aws/neuron/neuron-scheduler:{env.accelerators.neuron.version}"),
        env=[{"name": "PORT", "value": str(EXTENSION_PORT)}],
        ports=[port("http", EXTENSION_PORT)],
        livenessProbe=probe,
        readinessProbe=probe,
        resources=requests("50m", "64Mi", "256Mi"),
    )
    return _pod(EXTENSION, program)


def _pod(name: str, program: Body) -> Body:
    spec = pod(
        program,
        serviceAccountName=name,
        automountServiceAccountToken=True,
        priorityClassName="system-cluster-critical",
        **placement("none", "system"),
    )
    return spec | {"securityContext": spec["securityContext"] | {"runAsUser": _USER, "runAsGroup": _USER}}
