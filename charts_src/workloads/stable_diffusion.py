"""Stable Diffusion on Ray Serve: a RayService for each variant, and the Ingress that leads to it.

The operator makes a Ray cluster of each RayService, and for a change that can't be made in place a second
one; its Service <name>-serve-svc turns to that when it is ready, so the Ingress names that Service.

Without the annotation ray.io/initializing-timeout the operator waits for nodes as long as it takes. With
it, a RayService that was too slow stays failed until someone deletes it (ray-operator v1.6.2,
controllers/ray/utils/constant.go), which is no state to reach from Git.
"""

from charts_src.emit import emit
from charts_src.lib import monitoring, network, ray, rbac
from charts_src.lib.accelerators import RESOURCE, Accelerator, placement, process_tag
from charts_src.lib.images import own_image
from charts_src.lib.ingress import Backend, ingress
from charts_src.lib.namespaces import KUBERAY_SYSTEM, STABLE_DIFFUSION
from charts_src.lib.notebook_services import callers
from charts_src.lib.pod import container, mount, resources, scratch
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.stable_diffusion import ACCELERATOR, StableDiffusion, Variant
from charts_src.objects import Body
from charts_src.workloads.serve_config import neuron_cores, serve_config

HEAD_CPU = "2"
HEAD_MEMORY = "8Gi"

_MODELS = "/models"


class StableDiffusionServing(Component):
    """Image generation over HTTP."""

    name = "stable-diffusion"
    target_namespace = STABLE_DIFFUSION

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section stable_diffusion."""
        return env.stable_diffusion is not None

    def versions(self) -> dict[str, str]:
        """Name the version of Ray."""
        return {"ray": self._section.ray_version}

    def compose(self) -> None:
        """Add each variant."""
        for name, variant in self._section.variants().items():
            self._add_variant(name, variant)

    @property
    def _section(self) -> StableDiffusion:
        assert self.env.stable_diffusion  # noqa: S101  # enabled() is asked first
        return self.env.stable_diffusion

    def _add_variant(self, variant_name: str, variant: Variant) -> None:
        service = f"stable-diffusion-{variant_name}"
        rbac.service_account(self, service)
        rbac.service_account(self, f"{service}-head")
        self.add(_ray_service(self.env, self._section, variant_name, service))
        for policy in _network_policies(self.env, service):
            self.add(policy)
        self.add(monitoring.pod_monitor(service, {ray.INSTANCE_LABEL: service}, "metrics"))
        if variant.replicas.min > 1:
            self.add(_disruption_budget(service, variant.replicas.min))
        drain = self._section.request_timeout_seconds
        backend = Backend(ray.serve_service(service), ray.SERVE, "/-/healthz", drain)
        self.add(ingress(self.env.ingress, service, variant.host, backend))


def _ray_service(env: Environment, section: StableDiffusion, name: str, service: str) -> Body:
    """Keep the cluster of an old version until the load balancer has let its requests finish."""
    image = own_image(env, f"stable-diffusion-serve-{name}", section.variants()[name].image_tag)
    spec = {
        "serveConfigV2": emit(serve_config(section, name)),
        "upgradeStrategy": {"type": "NewCluster"},
        "rayClusterDeletionDelaySeconds": section.request_timeout_seconds + 60,
        "excludeHeadPodFromServeSvc": True,
        "rayClusterConfig": {
            "rayVersion": section.ray_version,
            "authOptions": {"mode": "token"},
            "enableInTreeAutoscaling": True,
            "autoscalerOptions": ray.autoscaler_options(),
            "headGroupSpec": ray.head_group(service, image, HEAD_CPU, HEAD_MEMORY),
            "workerGroupSpecs": [_worker_group(section, name, service, image)],
        },
    }
    return {"apiVersion": "ray.io/v1", "kind": "RayService", "metadata": {"name": service}, "spec": spec}


def _worker_group(section: StableDiffusion, name: str, service: str, image: str) -> Body:
    """Tell Ray about NeuronCores; GPUs it finds in the limits, Neuron devices it doesn't.

    The operator writes the object back with an empty scaleStrategy; left out, it would own the whole list.
    """
    variant, accelerator = section.variants()[name], ACCELERATOR[name]
    group = {
        "groupName": name,
        "replicas": variant.replicas.min,
        "minReplicas": variant.replicas.min,
        "maxReplicas": variant.replicas.max,
        "numOfHosts": 1,
        "scaleStrategy": {},
        "rayStartParams": {"object-store-memory": str(ray.OBJECT_STORE_BYTES)},
        "template": ray.worker_template(
            service,
            _worker(variant, accelerator, image, section.request_timeout_seconds),
            terminationGracePeriodSeconds=section.request_timeout_seconds + 30,
            volumes=[scratch("models", f"{variant.model_cache_gib}Gi")],
            **placement(accelerator, "inference"),
        ),
    }
    if accelerator == "nvidia":
        return group
    return group | {"resources": {"neuron_cores": str(neuron_cores(variant))}}


def _worker(variant: Variant, accelerator: Accelerator, image: str, drain_seconds: int) -> Body:
    """Finish requests before Ray is stopped; the shell that Ray runs in would not pass the signal on."""
    amounts = resources(
        str(variant.cpus),
        f"{variant.memory_gib}Gi",
        **{RESOURCE[accelerator]: str(variant.accelerators)},
    )
    tag = process_tag(accelerator)
    amounts["requests"]["ephemeral-storage"] = f"{variant.model_cache_gib + ray.SCRATCH_GIB}Gi"
    return container(
        "ray-worker",
        image,
        env=[ray.HOME, {"name": "HF_HOME", "value": _MODELS}, *tag],
        resources=amounts,
        volumeMounts=[mount("models", _MODELS)],
        lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "-c", f"sleep {drain_seconds} && ray stop"]}}},
    )


def _network_policies(env: Environment, service: str) -> tuple[Body, ...]:
    """Open the Serve port to the load balancer and notebooks, the dashboard to the operator, nothing else."""
    pods = {ray.INSTANCE_LABEL: service}
    operator = network.pods({"app.kubernetes.io/name": ray.OPERATOR}, KUBERAY_SYSTEM)
    balancer = network.block(env.cluster.vpc_cidr)
    api_server = network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr)
    peers = [network.pods(pods)]
    return (
        network.allow(
            f"{service}-cluster",
            pods,
            ingress=[{"from": peers}, monitoring.scraped(ray.METRICS)],
            egress=[{"to": peers}],
        ),
        network.allow(
            f"{service}-head",
            pods | ray.HEAD,
            ingress=[{"from": [operator], "ports": network.ports(ray.DASHBOARD)}],
            egress=[api_server],
        ),
        network.allow(
            f"{service}-worker",
            pods | ray.WORKER,
            ingress=[{"from": [balancer, *callers(env)], "ports": network.ports(ray.SERVE)}],
            egress=[network.aws_api_egress(), network.pod_identity_egress()],
        ),
    )


def _disruption_budget(service: str, workers: int) -> Body:
    """Let a drain take one worker; maxUnavailable needs an owner with scale, which a RayCluster has not."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": service},
        "spec": {
            "minAvailable": workers - 1,
            "selector": {"matchLabels": {ray.INSTANCE_LABEL: service} | ray.WORKER},
        },
    }
