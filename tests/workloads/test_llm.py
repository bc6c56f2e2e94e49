import json
from typing import Any

import pytest
import yaml
from cdk8s import App

from charts_src.lib.iam import PodIdentity
from charts_src.objects import Body
from charts_src.workloads.llm import LlmServing
from tests.llm_environment import LARGE, LLM, MODEL, environment
from tests.ray_environment import rendered
from tests.workloads.test_stable_diffusion import RAY_FIELDS, RESTRICTED

BOTH: dict[str, Any] = LLM | {
    "api": {"host": "llm-api"},
    "callers": ["notebooks"],
    "hugging_face_token": True,
    "models": {"chat": MODEL, "large": LARGE},
}
SHARED = {
    "health_check_period_s": 10,
    "health_check_timeout_s": 30,
    "backpressure_config": {"status_code": 429, "retry_after_s": 5},
}
INSTANCE = {"app.kubernetes.io/instance": "llm"}


@pytest.fixture(scope="module")
def objects() -> dict[str, Body]:
    return rendered(LlmServing(App(), environment(llm=BOTH)))


@pytest.fixture(scope="module")
def config(objects: dict[str, Body]) -> Any:
    return yaml.safe_load(objects["RayService/llm"]["spec"]["serveConfigV2"])


def groups_of(objects: dict[str, Body]) -> dict[str, Any]:
    groups = objects["RayService/llm"]["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    return {group["groupName"]: group for group in groups}


def worker_of(objects: dict[str, Body], group: str) -> Any:
    (worker,) = groups_of(objects)[group]["template"]["spec"]["containers"]
    return worker


def test_what_a_model_is_stands_in_the_arguments(config: Any) -> None:
    (application,) = config["applications"]
    assert application["import_path"] == "llm_serve.app:build"
    assert application["args"] == {
        "llm_configs": [
            {
                "model_loading_config": {"model_id": "chat-7b", "model_source": "example/chat-7b"},
                "engine_kwargs": {"tensor_parallel_size": 1, "max_model_len": 8192},
                "placement_group_config": {
                    "bundle_per_worker": {"GPU": 1, "model-chat": 1},
                    "strategy": "STRICT_PACK",
                },
                "deployment_config": {"name": "chat"},
            },
            {
                "model_loading_config": {
                    "model_id": "example/large",
                    "model_source": "s3://genai-dev-models/large",
                },
                "engine_kwargs": {
                    "tensor_parallel_size": 4,
                    "max_model_len": 16384,
                    "dtype": "bfloat16",
                    "max_num_seqs": 32,
                    "enable_prefix_caching": True,
                },
                "placement_group_config": {
                    "bundle_per_worker": {"GPU": 1, "model-large": 1},
                    "strategy": "STRICT_PACK",
                },
                "deployment_config": {"name": "large"},
            },
        ]
    }


def test_how_many_copies_there_are_may_change_while_they_run(config: Any) -> None:
    api, chat, large = config["applications"][0]["deployments"]
    assert api == SHARED | {
        "name": "Api",
        "num_replicas": 2,
        "max_replicas_per_node": 1,
        "max_ongoing_requests": 1000,
        "max_queued_requests": 1000,
        "graceful_shutdown_timeout_s": 300,
        "ray_actor_options": {"num_cpus": 1, "resources": {"front-end": 1}},
    }
    assert chat == SHARED | {
        "name": "LLMServer:chat",
        "autoscaling_config": {
            "min_replicas": 2,
            "max_replicas": 3,
            "target_ongoing_requests": 16,
            "upscale_delay_s": 30,
            "downscale_delay_s": 600,
        },
        "max_ongoing_requests": 64,
        "max_queued_requests": 200,
        "graceful_shutdown_timeout_s": 300,
    }
    assert large["autoscaling_config"]["min_replicas"] == 0
    assert large["autoscaling_config"]["downscale_to_zero_delay_s"] == 1800


def test_ray_knows_every_field_of_the_serve_configuration(config: Any) -> None:
    (application,) = config["applications"]
    parts = [("config", config), ("http_options", config["http_options"]), ("application", application)]
    for deployment in application["deployments"]:
        parts.append(("deployment", deployment))
        for name in ("ray_actor_options", "autoscaling_config"):
            parts += [(name, deployment[name])] if name in deployment else []
    assert [(name, set(part) - set(RAY_FIELDS[name].split())) for name, part in parts] == [
        (name, set()) for name, _ in parts
    ]


def test_each_model_has_workers_of_its_own_beside_front_ends_without_accelerators(
    objects: dict[str, Body],
) -> None:
    groups = groups_of(objects)
    assert {
        name: (group["minReplicas"], group["maxReplicas"], group["resources"])
        for name, group in groups.items()
    } == {
        "front-end": (2, 2, {"front-end": "1"}),
        "chat": (2, 3, {"model-chat": "1"}),
        "large": (0, 1, {"model-large": "4"}),
    }
    assert {name: group["template"]["spec"]["nodeSelector"] for name, group in groups.items()} == {
        "front-end": {"genai-on-eks/accelerator": "none", "genai-on-eks/purpose": "system"},
        "chat": {
            "genai-on-eks/accelerator": "nvidia",
            "genai-on-eks/purpose": "inference",
            "karpenter.sh/nodepool": "gpu",
        },
        "large": {
            "genai-on-eks/accelerator": "nvidia",
            "genai-on-eks/purpose": "inference",
            "karpenter.sh/nodepool": "gpu-large",
        },
    }


def test_the_container_of_a_copy_on_four_gpus(objects: dict[str, Body]) -> None:
    worker = worker_of(objects, "large")
    shown = {name: worker[name] for name in ("image", "env", "resources", "securityContext", "lifecycle")}
    assert shown == {
        "image": "registry.example.com/genai/llm-serve:0.1.0",
        "env": [
            {"name": "HOME", "value": "/tmp"},  # noqa: S108
            {"name": "DO_NOT_TRACK", "value": "1"},
            {"name": "HF_HUB_DISABLE_TELEMETRY", "value": "1"},
            {"name": "VLLM_NO_USAGE_STATS", "value": "1"},
            {"name": "AWS_REGION", "value": "us-west-2"},
            {"name": "HF_HOME", "value": "/models"},
            {"name": "VLLM_CACHE_ROOT", "value": "/models/vllm"},
            {"name": "VLLM_USE_FLASHINFER_SAMPLER", "value": "0"},
            {"name": "HF_HUB_OFFLINE", "value": "1"},
        ],
        "resources": {
            "requests": {
                "cpu": "24",
                "memory": "128Gi",
                "nvidia.com/gpu": "4",
                "ephemeral-storage": "130Gi",
            },
            "limits": {"cpu": "24", "memory": "128Gi", "nvidia.com/gpu": "4"},
        },
        "securityContext": RESTRICTED,
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 300 && ray stop"]}}},
    }


def test_several_gpus_have_more_shared_memory(objects: dict[str, Body]) -> None:
    sizes = {
        name: volume["emptyDir"]["sizeLimit"]
        for name, group in groups_of(objects).items()
        for volume in group["template"]["spec"]["volumes"]
        if volume["name"] == "shared-mem"
    }
    assert sizes == {"front-end": "3Gi", "chat": "3Gi", "large": "7Gi"}


def test_the_token_of_hugging_face_is_for_downloads_from_there(objects: dict[str, Body]) -> None:
    token = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hugging-face", "key": "token"}}}
    assert token in worker_of(objects, "chat")["env"]
    assert token not in worker_of(objects, "large")["env"]
    assert token not in worker_of(objects, "front-end")["env"]
    assert "ExternalSecret/hugging-face" in objects
    assert "ExternalSecret/hugging-face" not in rendered(LlmServing(App(), environment()))


def test_workers_may_read_the_bucket_of_models_and_nothing_else() -> None:
    storage = {
        "buckets": {name: f"genai-dev-{name}" for name in ("data", "models", "artifacts", "logs")},
        "fsx": {"file_system_id": "fs-0123456789abcdef1", "mount_name": "m", "capacity_gib": 1200},
    }
    statements = [
        {
            "Sid": "ListBucket",
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": ["arn:aws:s3:::genai-dev-models"],
        },
        {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::genai-dev-models/*"],
        },
    ]
    component = LlmServing(App(), environment(storage=storage))
    assert component.pod_identities() == (PodIdentity("llm", "llm", {"models": statements}),)


def test_only_the_load_balancer_and_namespaces_that_are_named_may_call(objects: dict[str, Body]) -> None:
    notebooks = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "notebooks"}}}
    port = [{"port": 8000, "protocol": "TCP"}]
    assert objects["NetworkPolicy/llm-worker"]["spec"]["ingress"] == [
        {"from": [{"ipBlock": {"cidr": "10.64.0.0/16"}}, notebooks], "ports": port}
    ]
    workers = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "llm"}},
        "podSelector": {"matchLabels": INSTANCE | {"ray.io/node-type": "worker"}},
    }
    policy = objects["NetworkPolicy/call-llm"]
    assert policy["metadata"]["namespace"] == "notebooks"
    assert policy["spec"] == {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": [workers], "ports": port}],
    }
    assert "NetworkPolicy/call-llm" not in rendered(LlmServing(App(), environment()))


def test_people_log_in_and_programs_show_a_token(objects: dict[str, Body]) -> None:
    prefix = "alb.ingress.kubernetes.io/"
    people, programs = (objects[f"Ingress/{name}"] for name in ("llm", "llm-api"))
    assert people["metadata"]["annotations"][f"{prefix}auth-type"] == "cognito"
    assert f"{prefix}jwt-validation" not in people["metadata"]["annotations"]
    annotations = programs["metadata"]["annotations"]
    assert not [name for name in annotations if name.startswith(f"{prefix}auth-")]
    issuer = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example"
    assert json.loads(annotations[f"{prefix}jwt-validation"]) == {
        "jwksEndpoint": f"{issuer}/.well-known/jwks.json",
        "issuer": issuer,
        "additionalClaims": [{"name": "scope", "format": "space-separated-values", "values": ["llm/invoke"]}],
    }
    assert programs["spec"]["rules"][0]["host"] == "llm-api.dev.example.com"
    backends = [each["spec"]["rules"][0]["http"]["paths"][0]["backend"] for each in (people, programs)]
    assert backends == [{"service": {"name": "llm-serve-svc", "port": {"number": 8000}}}] * 2


def test_a_drain_takes_one_pod_of_each_group_at_a_time(objects: dict[str, Body]) -> None:
    budgets = {name: body["spec"] for name, body in objects.items() if body["kind"] == "PodDisruptionBudget"}
    worker = INSTANCE | {"ray.io/node-type": "worker"}
    assert budgets == {
        f"PodDisruptionBudget/llm-{group}": {
            "minAvailable": 1,
            "selector": {"matchLabels": worker | {"ray.io/group": group}},
        }
        for group in ("front-end", "chat")
    }


def test_the_old_cluster_outlives_its_last_request(objects: dict[str, Body]) -> None:
    spec = objects["RayService/llm"]["spec"]
    assert spec["upgradeStrategy"] == {"type": "NewCluster"}
    assert spec["rayClusterDeletionDelaySeconds"] == 360
    pods = [group["template"]["spec"] for group in groups_of(objects).values()]
    assert {pod["terminationGracePeriodSeconds"] for pod in pods} == {330}


def test_the_component_is_there_when_the_section_is() -> None:
    assert LlmServing.enabled(environment())
    assert not LlmServing.enabled(environment(llm=None))
