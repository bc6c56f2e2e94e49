"""Stable Diffusion on Ray Serve: a RayService for each variant, and the Ingress that leads to it.

The operator makes a Ray cluster of each RayService, and for a change that can't be made in place a second
one; its Service <name>-serve-svc turns to that when it is ready, so the Ingress names that Service.

Without the annotation ray.io/initializing-timeout the operator waits for nodes as long as it takes. With
it, a RayService that was too slow stays failed until someone deletes it (ray-operator v1.6.2,
controllers/ray/utils/constant.go), which is no state to reach from Git.
"""

from charts_src.lib import monitoring, ray, ray_serving, rbac
from charts_src.lib.accelerators import RESOURCE, Accelerator, placement, process_tag
from charts_src.lib.images import own_image
from charts_src.lib.ingress import Backend, ingress
from charts_src.lib.namespaces import STABLE_DIFFUSION
from charts_src.lib.notebook_services import callers
from charts_src.lib.pod import container, mount, resources, scratch
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.stable_diffusion import ACCELERATOR, StableDiffusion, Variant
from charts_src.objects import Body
from charts_src.workloads.serve_config import neuron_cores, serve_config

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
        for policy in ray_serving.network_policies(self.env, service, callers(self.env)):
            self.add(policy)
        self.add(monitoring.pod_monitor(service, {ray.INSTANCE_LABEL: service}, "metrics"))
        if variant.replicas.min > 1:
            labels = {ray.INSTANCE_LABEL: service}
            self.add(ray_serving.disruption_budget(service, labels, variant.replicas.min))
        drain = self._section.request_timeout_seconds
        backend = Backend(ray.serve_service(service), ray.SERVE, "/-/healthz", drain)
        self.add(ingress(self.env.ingress, service, variant.host, backend))


def _ray_service(env: Environment, section: StableDiffusion, name: str, service: str) -> Body:
    image = own_image(env, f"stable-diffusion-serve-{name}", section.variants()[name].image_tag)
    served = ray_serving.Served(service, image, section.ray_version, section.request_timeout_seconds)
    groups = [_worker_group(section, name, service, image)]
    return ray_serving.ray_service(served, serve_config(section, name), groups)


def _worker_group(section: StableDiffusion, name: str, service: str, image: str) -> Body:
    """Tell Ray about NeuronCores; GPUs it finds in the limits, Neuron devices it doesn't."""
    variant, accelerator = section.variants()[name], ACCELERATOR[name]
    template = ray.worker_template(
        service,
        _worker(variant, accelerator, image, section.request_timeout_seconds),
        terminationGracePeriodSeconds=ray_serving.grace_period(section.request_timeout_seconds),
        volumes=[scratch("models", f"{variant.model_cache_gib}Gi")],
        **placement(accelerator, "inference"),
    )
    group = ray_serving.worker_group(name, variant.replicas.min, variant.replicas.max, template)
    if accelerator == "nvidia":
        return group
    return group | {"resources": {"neuron_cores": str(neuron_cores(variant))}}


def _worker(variant: Variant, accelerator: Accelerator, image: str, drain_seconds: int) -> Body:
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
        **ray_serving.draining(drain_seconds),
    )
