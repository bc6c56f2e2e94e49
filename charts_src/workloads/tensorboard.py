"""TensorBoard over the curves of all training runs, behind the login of the load balancer.

The image is ours: TensorBoard alone, without TensorFlow. It reads the shared file system and writes nothing.
What AWS's example shows to the internet without TLS (awslabs/ai-on-eks, llama2) has no address of its own
here.
"""

from charts_src.lib import network, rbac
from charts_src.lib.controllers import disruption_budget, labels, service, single
from charts_src.lib.images import own_image
from charts_src.lib.ingress import Backend, ingress
from charts_src.lib.namespaces import TRAINING
from charts_src.lib.pod import container, http_probe, mount, pod, port, resources, scratch
from charts_src.lib.storage import fsx_volume
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.tensorboard import TensorBoard as Section
from charts_src.objects import Body

PORT = 6006
NAME = "tensorboard"
LOG_DIRECTORY = "/fsx/data/llama2/runs"


class TensorBoard(Component):
    """One pod: it keeps curves in memory, and a second one would read all of them again."""

    name = NAME
    target_namespace = TRAINING

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section tensorboard."""
        return env.tensorboard is not None

    def compose(self) -> None:
        """Add the pod, the way to it, and nothing that it could reach."""
        assert self.env.tensorboard  # noqa: S101  # enabled() is asked first
        section = self.env.tensorboard
        rbac.service_account(self, NAME)
        self.add(_deployment(self.env, section))
        self.add(service(NAME, NAME, PORT, "http", labelled=False))
        backend = Backend(NAME, PORT, "/", drain_seconds=30)
        self.add(ingress(self.env.ingress, NAME, section.host, backend))
        balancer = {"from": [network.block(self.env.cluster.vpc_cidr)], "ports": network.ports(PORT)}
        self.add(network.allow(NAME, labels(NAME), ingress=[balancer]))
        # A drain may take the one pod: curves are away for a minute, nothing is lost.
        self.add(disruption_budget(NAME))


def _deployment(env: Environment, section: Section) -> Body:
    main = container(
        NAME,
        own_image(env, NAME, section.image_tag),
        command=["tensorboard"],
        args=["--host=0.0.0.0", f"--logdir={LOG_DIRECTORY}", f"--port={PORT}", "--reload_multifile=true"],
        env=[{"name": "HOME", "value": "/tmp"}],  # noqa: S108
        ports=[port("http", PORT)],
        livenessProbe=http_probe("/", "http", initialDelaySeconds=60, periodSeconds=30, timeoutSeconds=10),
        readinessProbe=http_probe("/", "http", periodSeconds=10, timeoutSeconds=5),
        resources=resources(section.cpu, section.memory),
        volumeMounts=[mount("shared", "/fsx", readOnly=True), mount("tmp", "/tmp")],  # noqa: S108
    )
    spec = pod(
        main,
        serviceAccountName=NAME,
        volumes=[fsx_volume("shared"), scratch("tmp", "1Gi")],
    )
    identity = {"runAsUser": 1000, "runAsGroup": 1000}
    return single(NAME, spec | {"securityContext": spec["securityContext"] | identity})
