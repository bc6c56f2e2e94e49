"""The Ray Serve configuration of Stable Diffusion.

Source of the field names: ray/serve/schema.py and ray/serve/config.py, Ray 2.60.0, which ignores unknown
fields without a word.
"""

from charts_src.lib import ray_serving
from charts_src.lib.accelerators import Accelerator
from charts_src.model.stable_diffusion import ACCELERATOR, StableDiffusion, Variant
from charts_src.objects import Body

NEURON_CORES_PER_DEVICE = 2
"""NeuronCores of an Inferentia2 chip (inf2.xlarge: one device, two cores; instance_types.json)."""

DEVICE: dict[Accelerator, str] = {"nvidia": "cuda", "inferentia": "neuron"}
"""Accelerator -> `device` of the application."""

_HTTP_REQUESTS = 100
"""What an HTTP replica has in progress; as many again may wait for it."""

_LAST_RESORT_SECONDS = 5
"""The application answers at its timeout, with a message; Serve only if that fails, and with status 408."""


def serve_config(section: StableDiffusion, name: str) -> Body:
    """Give the configuration of the variant `name`: HTTP and prompts in Frontend, the model in TextToImage.

    `import_path` names a function of our image that gets `args`.
    """
    variant = section.variants()[name]
    application = {
        "name": "stable-diffusion",
        "route_prefix": "/",
        "import_path": "stable_diffusion_serve.app:build",
        "args": {
            "model_source": variant.model_source,
            "device": DEVICE[ACCELERATOR[name]],
            "batch_size": variant.batch_size,
            "batch_wait_seconds": variant.batch_wait_milliseconds / 1000,
            "timeout_seconds": section.request_timeout_seconds,
            "limits": variant.limits.model_dump(),
        },
        "deployments": [
            _frontend(variant),
            _model(variant, ACCELERATOR[name], section.request_timeout_seconds),
        ],
    }
    return ray_serving.serve_config(section.request_timeout_seconds + _LAST_RESORT_SECONDS, application)


def neuron_cores(variant: Variant) -> int:
    """Give the NeuronCores of one copy of the model: what Ray counts, where Kubernetes counts devices."""
    return NEURON_CORES_PER_DEVICE * variant.accelerators


def _frontend(variant: Variant) -> Body:
    """Have one replica on each worker that always runs, so that none asks for an accelerator node."""
    return ray_serving.DEPLOYMENT | {
        "name": "Frontend",
        "num_replicas": variant.replicas.min,
        "max_replicas_per_node": 1,
        "max_ongoing_requests": _HTTP_REQUESTS,
        "max_queued_requests": _HTTP_REQUESTS,
        "ray_actor_options": {"num_cpus": 1},
    }


def _model(variant: Variant, accelerator: Accelerator, timeout: int) -> Body:
    """Admit more requests than the target, or Serve's autoscaler never sees a demand above it.

    The next batch gathers while one is computed. Each caller, a replica of Frontend, counts its own queue.
    """
    if accelerator == "nvidia":
        needs: Body = {"num_gpus": variant.accelerators}
    else:
        needs = {"resources": {"neuron_cores": neuron_cores(variant)}}
    return ray_serving.DEPLOYMENT | {
        "name": "TextToImage",
        "autoscaling_config": {
            "min_replicas": variant.replicas.min,
            "max_replicas": variant.replicas.max,
            "target_ongoing_requests": variant.target_ongoing_requests,
        },
        "max_ongoing_requests": 2 * variant.target_ongoing_requests,
        "max_queued_requests": variant.queue_length,
        "graceful_shutdown_timeout_s": timeout,
        "ray_actor_options": {"num_cpus": 1} | needs,
    }
