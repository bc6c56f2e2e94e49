"""The Ray Serve configuration of the language models.

Sources: ray/serve/schema.py and ray/serve/config.py, Ray 2.60.0, which ignores unknown fields without a word;
LLMConfig in ray/llm/_internal/serve/core/configs/llm_config.py, which refuses them, as its engine does.

What a model is stands in `args`; a change there starts every copy anew. How many copies there are and what
they admit stands in `deployments`, which Serve applies to the copies that run.
"""

from charts_src.lib import ray_serving
from charts_src.model.llm import Llm, LlmModel
from charts_src.objects import Body

FRONT_END = "front-end"
"""Worker group of the pods that take requests; also a resource of theirs, one each."""

_HTTP_REQUESTS = 1000
"""What a front end has in progress, most of it answers that come in pieces; as many again may wait for it."""


def serve_config(section: Llm) -> Body:
    """Give the configuration: HTTP in Api, one LLMServer for each model.

    `import_path` names a function of our image that gets `args`.
    """
    timeout = section.request_timeout_seconds
    application = {
        "name": "llm",
        "route_prefix": "/",
        "import_path": "llm_serve.app:build",
        "args": {"llm_configs": [_engine(name, model) for name, model in section.models.items()]},
        "deployments": [
            _api(section),
            *(_server(name, model, timeout) for name, model in section.models.items()),
        ],
    }
    return ray_serving.serve_config(timeout, application)


def resource(model_name: str) -> str:
    """Give the Ray resource that keeps a model on its worker group, which has one for each GPU.

    The type of the GPU would not do: the autoscaler does not know it of a group without workers
    (ray/autoscaler/_private/kuberay/autoscaling_config.py).
    """
    return f"model-{model_name}"


def _engine(name: str, model: LlmModel) -> Body:
    """Have all GPUs of a copy in one pod; Ray's default would spread them where it has to."""
    chosen = model.engine_kwargs.model_dump(mode="json", exclude_none=True)
    return {
        "model_loading_config": {"model_id": model.model_id, "model_source": model.model_source},
        "engine_kwargs": {
            "tensor_parallel_size": model.accelerators,
            "max_model_len": model.max_model_len,
            **chosen,
        },
        "placement_group_config": {
            "bundle_per_worker": {"GPU": 1, resource(name): 1},
            "strategy": "STRICT_PACK",
        },
        "deployment_config": {"name": name},
    }


def _api(section: Llm) -> Body:
    """Have one replica on each front end, and none on a node that costs an accelerator."""
    return ray_serving.DEPLOYMENT | {
        "name": "Api",
        "num_replicas": section.front_ends.replicas,
        "max_replicas_per_node": 1,
        "max_ongoing_requests": _HTTP_REQUESTS,
        "max_queued_requests": _HTTP_REQUESTS,
        "graceful_shutdown_timeout_s": section.request_timeout_seconds,
        "ray_actor_options": {"num_cpus": 1, "resources": {FRONT_END: 1}},
    }


def _server(name: str, model: LlmModel, timeout: int) -> Body:
    """Admit more requests than the target, or Serve's autoscaler never sees a demand above it."""
    to_zero = {"downscale_to_zero_delay_s": model.downscale_to_zero_delay_seconds}
    return ray_serving.DEPLOYMENT | {
        "name": f"LLMServer:{name}",
        "autoscaling_config": {
            "min_replicas": model.replicas.min,
            "max_replicas": model.replicas.max,
            "target_ongoing_requests": model.target_ongoing_requests,
            "upscale_delay_s": model.upscale_delay_seconds,
            "downscale_delay_s": model.downscale_delay_seconds,
            **(to_zero if model.replicas.min == 0 else {}),
        },
        "max_ongoing_requests": model.max_ongoing_requests,
        "max_queued_requests": model.max_queued_requests,
        "graceful_shutdown_timeout_s": timeout,
    }
