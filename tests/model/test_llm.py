from typing import Any

import pytest
from pydantic import ValidationError

from charts_src.model.base import all_problems
from charts_src.model.llm import LlmModel, check, needs
from charts_src.model.serving import Need
from tests.llm_environment import LARGE, LLM, LLM_POOLS, MODEL, environment


def problems(pools: dict[str, Any] = LLM_POOLS, others: tuple[Need, ...] = (), **section: Any) -> list[str]:
    env = environment(karpenter={"node_role": "node", "node_pools": pools}, llm=LLM | section)
    assert env.llm
    found = check(env.llm, env.karpenter, env.ingress, others)
    return [f"{'.'.join(map(str, where))}: {message}" for where, message in found]


def contradictions(**section: Any) -> list[str]:
    env = environment(llm=LLM | section)
    return [f"{'.'.join(map(str, where))}: {message}" for where, message in all_problems(env.llm)]


def models(**changes: Any) -> dict[str, Any]:
    return {"chat": MODEL | changes}


def test_a_model_fits_on_its_pool() -> None:
    assert problems() == []
    assert contradictions() == []


def test_a_model_names_a_pool_that_is_there() -> None:
    assert problems(models=models(pool="gpus")) == [
        "llm.models.chat.pool: gpus is no pool of karpenter.node_pools; write one of system, gpu, gpu-large"
    ]


@pytest.mark.parametrize(
    "pool",
    [
        {"purpose": "training", "instance_types": ["g5.2xlarge"], "max_nodes": 6},
        {"purpose": "inference", "instance_types": ["inf2.xlarge"], "max_nodes": 6},
        LLM_POOLS["gpu"] | {"gpu_sharing": {"mode": "time-slicing", "replicas": 2}},
    ],
)
def test_the_pool_has_whole_gpus_for_inference(pool: dict[str, Any]) -> None:
    assert problems(LLM_POOLS | {"gpu": pool}) == [
        "llm.models.chat.pool: gpu has no whole NVIDIA GPUs for inference; name a pool that has"
    ]


@pytest.mark.parametrize("more", [{"cpus": 8}, {"memory_gib": 32}, {"accelerators": 2}])
def test_a_copy_that_is_larger_than_every_node_of_its_pool(more: dict[str, int]) -> None:
    model = {"accelerators": 1} | MODEL | more
    size = f"{model['accelerators']} accelerators, {model['cpus']} CPUs and {model['memory_gib']} GiB"
    assert problems(models={"chat": model}) == [
        f"llm.models.chat: one copy needs {size}, more than any instance type of pool gpu has; lower them"
    ]


def test_an_upgrade_counts_against_the_limit_of_the_pool() -> None:
    """Of two models with 2 to 3 copies each, the second cluster starts 2 more."""
    both = {"chat": MODEL, "code": MODEL | {"model_id": "code"}}
    assert problems(models=both) == [
        "llm.models: in pool gpu need 10 accelerators while a new version takes over, but it stops at 6; "
        "lower their replicas.max or raise max_nodes"
    ]


def test_other_services_in_the_same_pools_count_too() -> None:
    images = Need(("stable_diffusion", "gpu"), "nvidia", 10)
    assert problems(others=(images,)) == [
        "llm.models: need 5 accelerators and stable_diffusion.gpu 10 while new versions take over, but the "
        "node pools stop at 14; lower replicas.max or raise max_nodes"
    ]
    assert problems(others=(images._replace(accelerator="inferentia"),)) == []
    assert problems(others=(images._replace(accelerators=9),)) == []


def test_a_dedicated_pool_is_room_for_those_alone_that_name_it() -> None:
    pools = LLM_POOLS | {"gpu-large": LLM_POOLS["gpu-large"] | {"dedicated": True}}
    images = Need(("stable_diffusion", "gpu"), "nvidia", 1)
    both = models() | {"large": LARGE}
    assert problems(pools, others=(images,), models=both) == []
    assert problems(pools, others=(images._replace(accelerators=2),), models=both) == [
        "llm.models: need 5 accelerators and stable_diffusion.gpu 2 while new versions take over, but the "
        "node pools stop at 6; lower replicas.max or raise max_nodes"
    ]


def test_copies_on_several_gpus_need_all_of_them() -> None:
    large = MODEL | {"pool": "gpu-large", "accelerators": 4, "replicas": {"min": 0, "max": 2}}
    env = environment(llm=LLM | {"models": {"large": large}})
    assert env.llm
    assert [*needs(env.llm)] == [Need(("llm", "models", "large"), "nvidia", 8)]


def test_an_unknown_instance_type_is_left_to_the_node_pools() -> None:
    assert problems(LLM_POOLS | {"gpu": LLM_POOLS["gpu"] | {"instance_types": ["g5.huge"]}}) == []


def test_no_copies_may_be_chosen() -> None:
    assert contradictions(models=models(replicas={"min": 0, "max": 1})) == []


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        (
            {"models": models(replicas={"min": 3, "max": 2})},
            "models.chat.replicas.min: 3 is above max 2; raise max or lower min",
        ),
        (
            {"models": models(target_ongoing_requests=64)},
            "models.chat.target_ongoing_requests: 64 is not below max_ongoing_requests 64, so no copy would "
            "ever be added; lower it",
        ),
        (
            {"models": models(engine_kwargs={"enable_auto_tool_choice": True})},
            "models.chat.engine_kwargs.enable_auto_tool_choice: needs tool_call_parser; set it too",
        ),
        (
            {"models": models(model_source="s3://models/chat", engine_kwargs={"revision": "0" * 40})},
            "models.chat.engine_kwargs.revision: means nothing for weights in S3; remove it",
        ),
        (
            {"models": models() | {"code": MODEL}},
            "models.code.model_id: chat-7b is the model_id of chat too; choose another",
        ),
        ({"api": {"host": "llm"}}, "api.host: llm is host too; choose another"),
    ],
)
def test_contradictions(section: dict[str, Any], problem: str) -> None:
    assert contradictions(**section) == [problem]


def test_tokens_of_another_provider_than_cognito_need_its_keys() -> None:
    ingress = environment().ingress.model_dump(mode="json", exclude={"cognito"})
    oidc = {
        "issuer": "https://id.example.com",
        "authorization_endpoint": "https://id.example.com/authorize",
        "token_endpoint": "https://id.example.com/token",
        "user_info_endpoint": "https://id.example.com/userinfo",
        "secret_name": "login",
    }
    keys = {"jwks_endpoint": "https://id.example.com/keys"}
    for api, expected in (
        ({}, ["llm.api: does not know the keys of the provider; set jwks_endpoint"]),
        (keys, []),
    ):
        env = environment(ingress=ingress | {"oidc": oidc}, llm=LLM | {"api": {"host": "llm-api"} | api})
        assert env.llm
        found = check(env.llm, env.karpenter, env.ingress, ())
        assert [f"{'.'.join(map(str, where))}: {message}" for where, message in found] == expected


@pytest.mark.parametrize("name", ["a b", "", "chat:lora", "-chat"])
def test_a_model_id_is_a_plain_name(name: str) -> None:
    with pytest.raises(ValidationError, match="model_id"):
        LlmModel.model_validate(MODEL | {"model_id": name})


def test_arguments_of_the_engine_have_its_own_names() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        LlmModel.model_validate(MODEL | {"engine_kwargs": {"max_sequences": 8}})
