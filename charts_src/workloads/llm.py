"""Language models on Ray Serve: one RayService with an OpenAI-compatible API over all of them.

One service and not one for each model: callers have one address and choose by `model`, and its front ends,
which cost no accelerator, take requests for a model that has no copy at the moment. Each model has a worker
group of its own, so models have different GPUs and come and go alone. The price is that a change of the
image, or of what a model's pods are, starts all of them anew beside the old ones.

Callers come in three ways: pods of the namespaces in `callers` through the Service llm-serve-svc, browsers
through the login of the load balancer, programs elsewhere with a token that the load balancer verifies. Serve
itself asks nobody who they are, so nothing else may reach its port.

Sources: ray-operator v1.6.2; Ray 2.60.0, ray/llm/_internal/serve; vLLM 0.29.0.
"""

from collections.abc import Sequence

from charts_src.lib import iam, monitoring, network, ray, ray_serving, rbac
from charts_src.lib.accelerators import NVIDIA_GPU, placement
from charts_src.lib.external_secrets import external_secret
from charts_src.lib.images import own_image
from charts_src.lib.ingress import Backend, TokenCheck, ingress
from charts_src.lib.llama2 import HUGGING_FACE
from charts_src.lib.named_pool import in_pool
from charts_src.lib.namespaces import LLM
from charts_src.lib.pod import container, mount, resources, scratch
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.llm import Llm, LlmModel, TokenApi
from charts_src.model.platform import Ingress
from charts_src.objects import Body
from charts_src.workloads.llm_config import FRONT_END, resource, serve_config

NAME = "llm"
IMAGE = "llm-serve"

_MODELS = "/models"
_PODS = {ray.INSTANCE_LABEL: NAME}


class LlmServing(Component):
    """Language models over HTTP."""

    name = NAME
    target_namespace = LLM

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section llm."""
        return env.llm is not None

    def versions(self) -> dict[str, str]:
        """Name the version of Ray."""
        return {"ray": self._section.ray_version}

    def pod_identities(self) -> Sequence[iam.PodIdentity]:
        """Let workers read the bucket of models."""
        return iam.reads_models(self.env, LLM, NAME)

    def compose(self) -> None:
        """Add the service, what may reach it, and what keeps enough of it running."""
        section = self._section
        rbac.service_account(self, NAME)
        rbac.service_account(self, f"{NAME}-head")
        if section.hugging_face_token:
            self.add(external_secret(self.env, HUGGING_FACE, ["token"]))
        self.add(_ray_service(self.env, section))
        for policy in (*_network_policies(self.env, section), *_callers_policies(section)):
            self.add(policy)
        self.add(monitoring.pod_monitor(NAME, _PODS, "metrics"))
        for group, workers in _always_running(section).items():
            labels = _PODS | {ray_serving.GROUP_LABEL: group}
            self.add(ray_serving.disruption_budget(f"{NAME}-{group}", labels, workers))
        for body in _ingresses(self.env, section):
            self.add(body)

    @property
    def _section(self) -> Llm:
        assert self.env.llm  # noqa: S101  # enabled() is asked first
        return self.env.llm


def _ray_service(env: Environment, section: Llm) -> Body:
    image = own_image(env, IMAGE, section.image_tag)
    served = ray_serving.Served(NAME, image, section.ray_version, section.request_timeout_seconds)
    models = [_model_group(env, section, name, image) for name in section.models]
    return ray_serving.ray_service(served, serve_config(section), [_front_ends(section, image), *models])


def _front_ends(section: Llm, image: str) -> Body:
    """Give the group of the pods that take requests; it is first, so that models are added at the end."""
    wanted, drain = section.front_ends, section.request_timeout_seconds
    amounts = resources(str(wanted.cpus), f"{wanted.memory_gib}Gi")
    amounts["requests"]["ephemeral-storage"] = f"{ray.SCRATCH_GIB}Gi"
    worker = container(
        "ray-worker",
        image,
        env=[ray.HOME, *_PRIVATE],
        resources=amounts,
        volumeMounts=[],
        **ray_serving.draining(drain),
    )
    template = ray.worker_template(
        NAME,
        worker,
        terminationGracePeriodSeconds=ray_serving.grace_period(drain),
        **placement("none", "system"),
    )
    group = ray_serving.worker_group(FRONT_END, wanted.replicas, wanted.replicas, template)
    return group | {"resources": {FRONT_END: "1"}}


def _model_group(env: Environment, section: Llm, name: str, image: str) -> Body:
    """Give the group of a model's copies, on the nodes of its pool."""
    model, drain = section.models[name], section.request_timeout_seconds
    template = ray.worker_template(
        NAME,
        _model_worker(env, section, model, image),
        _shared_memory_gib(model),
        terminationGracePeriodSeconds=ray_serving.grace_period(drain),
        volumes=[scratch("models", f"{model.model_cache_gib}Gi")],
        **in_pool(model.pool, env.karpenter.node_pools[model.pool]),
    )
    group = ray_serving.worker_group(name, model.replicas.min, model.replicas.max, template)
    return group | {"resources": {resource(name): str(model.accelerators)}}


def _model_worker(env: Environment, section: Llm, model: LlmModel, image: str) -> Body:
    """Keep weights and compiled kernels on the pod's volume, where a restarted engine finds the latter.

    Weights from S3 are all there is: the engine asks Hugging Face for nothing. FlashInfer would compile its
    sampler on the node as the engine starts; vLLM's own needs no compiler (vllm/envs.py).
    """
    amounts = resources(str(model.cpus), f"{model.memory_gib}Gi", **{NVIDIA_GPU: str(model.accelerators)})
    amounts["requests"]["ephemeral-storage"] = f"{model.model_cache_gib + ray.SCRATCH_GIB}Gi"
    return container(
        "ray-worker",
        image,
        env=[
            ray.HOME,
            *_PRIVATE,
            {"name": "AWS_REGION", "value": env.aws.region},
            {"name": "HF_HOME", "value": _MODELS},
            {"name": "VLLM_CACHE_ROOT", "value": f"{_MODELS}/vllm"},
            {"name": "VLLM_USE_FLASHINFER_SAMPLER", "value": "0"},
            *_source_env(section, model),
        ],
        resources=amounts,
        volumeMounts=[mount("models", _MODELS)],
        **ray_serving.draining(section.request_timeout_seconds),
    )


_PRIVATE: list[Body] = [
    {"name": "DO_NOT_TRACK", "value": "1"},
    {"name": "HF_HUB_DISABLE_TELEMETRY", "value": "1"},
    {"name": "VLLM_NO_USAGE_STATS", "value": "1"},
]
"""Environment variables with which nothing is reported to the makers of libraries."""


def _source_env(section: Llm, model: LlmModel) -> list[Body]:
    if model.model_source.startswith("s3://"):
        return [{"name": "HF_HUB_OFFLINE", "value": "1"}]
    if not section.hugging_face_token:
        return []
    return [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": HUGGING_FACE, "key": "token"}}}]


def _shared_memory_gib(model: LlmModel) -> int:
    """Give the size of /dev/shm: Ray's objects, and what the processes of several GPUs tell each other.

    NCCL uses it where GPUs can't reach each other's memory, as on G5 and G6.
    """
    return 3 if model.accelerators == 1 else 3 + model.accelerators


def _network_policies(env: Environment, section: Llm) -> tuple[Body, ...]:
    return ray_serving.network_policies(env, NAME, [network.namespace_pods(each) for each in section.callers])


def _callers_policies(section: Llm) -> list[Body]:
    """Let the pods of the namespaces that may call out to the workers; there all else stays closed."""
    workers = network.pods(_PODS | ray.WORKER, LLM)
    rule = {"to": [workers], "ports": network.ports(ray.SERVE)}
    return [network.allow(f"call-{NAME}", {}, egress=[rule], namespace=each) for each in section.callers]


def _always_running(section: Llm) -> dict[str, int]:
    """Give the worker groups of which several pods always run, with their number."""
    groups = {FRONT_END: section.front_ends.replicas}
    groups |= {name: model.replicas.min for name, model in section.models.items()}
    return {group: workers for group, workers in groups.items() if workers > 1}


def _ingresses(env: Environment, section: Llm) -> list[Body]:
    drain = section.request_timeout_seconds
    backend = Backend(ray.serve_service(NAME), ray.SERVE, "/-/healthz", drain)
    found = [ingress(env.ingress, NAME, section.host, backend)]
    if section.api:
        token = _token_check(env.ingress, section.api)
        found.append(ingress(env.ingress, f"{NAME}-api", section.api.host, backend, token))
    return found


def _token_check(settings: Ingress, api: TokenApi) -> TokenCheck:
    """Trust the provider of the login; where it is Cognito, its address is known from the user pool's ARN."""
    if settings.cognito:
        _, _, _, region, _, pool = settings.cognito.user_pool_arn.split(":")
        issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool.removeprefix('userpool/')}"
        return TokenCheck(issuer, api.jwks_endpoint or f"{issuer}/.well-known/jwks.json", api.scope)
    assert settings.oidc  # noqa: S101  # Ingress.problems() demands one of the two
    assert api.jwks_endpoint  # noqa: S101  # model/llm.check() demands it
    return TokenCheck(settings.oidc.issuer, api.jwks_endpoint, api.scope)
