"""The rendered configuration, read by the Ray that is installed: it ignores fields that it does not know."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from ray.serve.config import AutoscalingConfig, BackpressureConfig
from ray.serve.schema import (
    DeploymentSchema,
    HTTPOptionsSchema,
    RayActorOptionsSchema,
    ServeApplicationSchema,
    ServeDeploySchema,
)

import rendered
from stable_diffusion_serve import settings

CONFIGS = [
    (f"{environment}-{each.name}", each.detail)
    for environment in rendered.environments()
    for each in rendered.entries(environment)
    if each.words == ("serve", "stable_diffusion_serve.app:build")
]


def unknown(schema: type[BaseModel], given: dict[str, Any]) -> Iterator[str]:
    yield from (f"{schema.__name__}: {name}" for name in set(given) - set(schema.model_fields))


@pytest.mark.parametrize("config", [config for _, config in CONFIGS], ids=[name for name, _ in CONFIGS])
def test_ray_knows_every_field_and_takes_its_value(config: Any) -> None:
    read = ServeDeploySchema.model_validate(config)
    (application,) = config["applications"]
    found = [
        *unknown(ServeDeploySchema, config),
        *unknown(HTTPOptionsSchema, config["http_options"]),
        *unknown(ServeApplicationSchema, application),
    ]
    for deployment in application["deployments"]:
        found += unknown(DeploymentSchema, deployment)
        found += unknown(RayActorOptionsSchema, deployment["ray_actor_options"])
        found += unknown(AutoscalingConfig, deployment.get("autoscaling_config", {}))
        found += unknown(BackpressureConfig, deployment["backpressure_config"])
    assert found == []
    model = read.applications[0].deployments[1]
    assert model.backpressure_config.status_code == 429
    assert model.max_queued_requests > 0


@pytest.mark.parametrize("config", [config for _, config in CONFIGS], ids=[name for name, _ in CONFIGS])
def test_the_service_takes_its_arguments_and_batches_fit_what_serve_admits(config: Any) -> None:
    (application,) = config["applications"]
    read = settings.read(application["args"])
    model = application["deployments"][1]
    assert read.batch_size <= model["autoscaling_config"]["target_ongoing_requests"]
    assert 2 * read.batch_size <= model["max_ongoing_requests"], "one batch is computed, one gathers"
    assert read.timeout_seconds < config["http_options"]["request_timeout_s"], "the message comes first"
    assert read.limits.images <= model["max_queued_requests"]


def test_the_old_names_of_ray_would_be_ignored() -> None:
    read = DeploymentSchema.model_validate({"name": "TextToImage", "max_concurrent_queries": 7})
    assert not hasattr(read, "max_concurrent_queries")
    assert read.max_ongoing_requests != 7
