from typing import Any

import pytest
from pydantic import ValidationError

from charts_src.model.base import all_problems
from charts_src.model.stable_diffusion import StableDiffusion, Variant, check
from tests.ray_environment import GPU, INF2, POOLS, environment


def placement_problems(pools: dict[str, Any], **section: Any) -> list[tuple[str, str]]:
    env = environment(karpenter={"node_role": "genai-node", "node_pools": pools}, stable_diffusion=section)
    assert env.stable_diffusion
    return [
        (".".join(map(str, where)), message) for where, message in check(env.stable_diffusion, env.karpenter)
    ]


def contradictions(**section: Any) -> list[tuple[str, str]]:
    env = environment(stable_diffusion=section)
    return [(".".join(map(str, where)), message) for where, message in all_problems(env.stable_diffusion)]


def test_both_variants_fit_on_their_pools() -> None:
    assert placement_problems(POOLS, gpu=GPU, inf2=INF2) == []
    assert contradictions(gpu=GPU, inf2=INF2) == []


def test_a_variant_without_a_pool_of_its_accelerator() -> None:
    pools = {name: pool for name, pool in POOLS.items() if name != "inferentia"}
    assert placement_problems(pools, gpu=GPU, inf2=INF2) == [
        (
            "stable_diffusion.inf2",
            "no node pool has inferentia accelerators and purpose inference; add one",
        )
    ]


def test_a_pool_for_training_does_not_count() -> None:
    pools = POOLS | {"gpu": POOLS["gpu"] | {"purpose": "training"}}
    assert placement_problems(pools, gpu=GPU) == [
        ("stable_diffusion.gpu", "no node pool has nvidia accelerators and purpose inference; add one")
    ]


def test_a_dedicated_pool_does_not_count() -> None:
    pools = POOLS | {"gpu": POOLS["gpu"] | {"dedicated": True}}
    assert placement_problems(pools, gpu=GPU) == [
        ("stable_diffusion.gpu", "no node pool has nvidia accelerators and purpose inference; add one")
    ]


@pytest.mark.parametrize("more", [{"cpus": 8}, {"memory_gib": 32}, {"accelerators": 2}])
def test_a_copy_that_is_larger_than_every_node(more: dict[str, int]) -> None:
    variant = GPU | {"accelerators": 1} | more
    assert placement_problems(POOLS, gpu=variant) == [
        (
            "stable_diffusion.gpu",
            f"one copy needs {variant['accelerators']} accelerators, {variant['cpus']} CPUs and "
            f"{variant['memory_gib']} GiB, more than any instance type of its pools has; lower them",
        )
    ]


def test_more_copies_than_the_pools_may_have_accelerators_during_an_upgrade() -> None:
    assert placement_problems(POOLS, gpu=GPU | {"replicas": {"min": 2, "max": 5}}) == [
        (
            "stable_diffusion.gpu.replicas.max",
            "5 copies, and 2 more while a new version takes over, need 7 accelerators, but the node pools "
            "stop at 6; lower it or raise max_nodes",
        )
    ]


def test_an_unknown_instance_type_is_left_to_the_node_pools() -> None:
    pools = POOLS | {"gpu": POOLS["gpu"] | {"instance_types": ["g5.huge"]}}
    assert placement_problems(pools, gpu=GPU) == []


def test_a_minimum_above_the_maximum() -> None:
    assert contradictions(gpu=GPU | {"replicas": {"min": 3, "max": 2}}) == [
        ("gpu.replicas.min", "3 is above max 2; raise max or lower min")
    ]


def test_batches_that_would_never_be_full() -> None:
    assert contradictions(gpu=GPU | {"batch_size": 4, "target_ongoing_requests": 2}) == [
        (
            "gpu.batch_size",
            "4 is above target_ongoing_requests; raise that, or copies are added before batches are full",
        )
    ]


def test_requests_for_more_pictures_than_may_wait() -> None:
    assert contradictions(gpu=GPU | {"queue_length": 2, "limits": {"images": 3}}) == [
        (
            "gpu.queue_length",
            "2 is below limits.images; raise it, or a request for that many pictures may never be admitted",
        )
    ]


def test_two_variants_with_one_host_name() -> None:
    assert contradictions(gpu=GPU, inf2=INF2 | {"host": "images"}) == [
        ("inf2.host", "images is the host of gpu too; choose another")
    ]


def test_a_section_without_a_variant() -> None:
    assert contradictions() == [("", "has no variant; set gpu or inf2, or remove the section")]


def test_a_model_that_can_not_be_downloaded_any_more() -> None:
    assert contradictions(gpu=GPU | {"model_source": "stabilityai/stable-diffusion-2-1"}) == [
        (
            "gpu.model_source",
            "stabilityai/stable-diffusion-2-1 was withdrawn by its owner; write "
            "stabilityai/stable-diffusion-xl-base-1.0, or a copy of your own in S3",
        )
    ]


@pytest.mark.parametrize("source", ["s3://models/sdxl", "stabilityai/stable-diffusion-xl-base-1.0"])
def test_weights_come_from_s3_or_from_hugging_face(source: str) -> None:
    assert Variant.model_validate(_variant(model_source=source)).model_source == source


@pytest.mark.parametrize("source", ["s3://models", "https://example.com/sdxl", "sdxl", "a/b/c"])
def test_weights_come_from_nowhere_else(source: str) -> None:
    with pytest.raises(ValidationError, match="model_source"):
        Variant.model_validate(_variant(model_source=source))


def test_a_request_must_end_before_the_load_balancer_gives_up() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 590"):
        StableDiffusion.model_validate({"request_timeout_seconds": 600})


def _variant(**fields: Any) -> dict[str, Any]:
    return GPU | fields
