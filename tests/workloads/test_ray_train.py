import json
from typing import Any

import pytest
from cdk8s import App

from charts_src.objects import Body
from charts_src.workloads.ray_train import RayTraining
from tests.notebook_environment import POOLS, environment
from tests.ray_environment import rendered

TRAINIUM: dict[str, Any] = {
    "run": "llama-1",
    "node_pool": "trainium",
    "workers": 2,
    "cpus": 120,
    "memory_gib": 400,
    "shared_memory_gib": 64,
    "parameters": {"model": "s3://example-models/llama", "steps": 1000, "learning_rate": 0.0003},
}
GPU: dict[str, Any] = {"run": "small", "node_pool": "gpu", "workers": 3, "cpus": 6, "memory_gib": 24}
PICTURES: dict[str, Any] = GPU | {
    "run": "dog",
    "program": "stable-diffusion-finetune",
    "parameters": {
        "base_model": "stabilityai/stable-diffusion-xl-base-1.0",
        "pictures": "s3://example-data/finetune/dog/",
        "prompt": "a photo of sks dog",
        "steps": 100,
        "output": "s3://example-models/stable-diffusion-finetuned/dog/",
    },
}


def objects_of(section: dict[str, Any], **sections: Any) -> dict[str, Body]:
    return rendered(RayTraining(App(), environment(ray_train=section, **sections)))


@pytest.fixture(scope="module")
def objects() -> dict[str, Body]:
    return objects_of(TRAINIUM)


def spec_of(objects: dict[str, Body], run: str = "llama-1") -> Any:
    return objects[f"RayJob/{run}"]["spec"]


def workers_of(objects: dict[str, Body], run: str = "llama-1") -> Any:
    (group,) = spec_of(objects, run)["rayClusterSpec"]["workerGroupSpecs"]
    return group


def test_the_job_waits_in_the_queue_and_the_queue_alone_lets_it_go(objects: dict[str, Body]) -> None:
    labels = objects["RayJob/llama-1"]["metadata"]["labels"]
    assert labels["kueue.x-k8s.io/queue-name"] == "default"
    assert labels["kueue.x-k8s.io/priority-class"] == "training"
    assert "suspend" not in spec_of(objects)


def test_what_kueue_adds_on_admission_is_no_difference_to_argo_cd() -> None:
    ((kind, paths),) = RayTraining.left_to_controllers.items()
    assert kind == ("ray.io", "RayJob")
    assert ".spec.suspend" in paths
    assert ".spec.rayClusterSpec.workerGroupSpecs[].template.spec.nodeSelector" in paths


def test_the_job_fits_what_kueue_demands(objects: dict[str, Body]) -> None:
    spec = spec_of(objects)
    assert spec["shutdownAfterJobFinishes"] is True
    assert "enableInTreeAutoscaling" not in spec["rayClusterSpec"]
    assert len(spec["rayClusterSpec"]["workerGroupSpecs"]) + 1 <= 8


def test_the_operator_submits_the_program_with_its_configuration(objects: dict[str, Body]) -> None:
    spec = spec_of(objects)
    assert spec["submissionMode"] == "HTTPMode"
    assert spec["entrypoint"] == "python -m train.ray_train --config /etc/ray-train/config.json"
    head = spec["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    (container,) = head["containers"]
    assert {"name": "config", "mountPath": "/etc/ray-train", "readOnly": True} in container["volumeMounts"]
    assert {"name": "config", "configMap": {"name": "llama-1", "defaultMode": 420}} in head["volumes"]
    assert json.loads(objects["ConfigMap/llama-1"]["data"]["config.json"]) == {
        "run": "llama-1",
        "accelerator": "trainium",
        "workers": 2,
        "resources_per_worker": {"neuron_cores": 32},
        "cpus_per_worker": 120,
        "efa_interfaces": 8,
        "data": "/fsx/data",
        "cache": "/fsx/cache",
        "checkpoints": "/fsx/data/checkpoints/llama-1",
        "parameters": {"model": "s3://example-models/llama", "steps": 1000, "learning_rate": 0.0003},
    }


def test_each_worker_has_all_accelerators_and_efa_interfaces_of_a_node(objects: dict[str, Body]) -> None:
    group = workers_of(objects)
    (container,) = group["template"]["spec"]["containers"]
    assert container["resources"] == {
        "requests": {
            "cpu": "120",
            "memory": "400Gi",
            "ephemeral-storage": "10Gi",
            "aws.amazon.com/neuron": "16",
            "vpc.amazonaws.com/efa": "8",
        },
        "limits": {
            "cpu": "120",
            "memory": "400Gi",
            "aws.amazon.com/neuron": "16",
            "vpc.amazonaws.com/efa": "8",
        },
    }
    assert group["resources"] == {"neuron_cores": "32"}
    assert (group["replicas"], group["minReplicas"], group["maxReplicas"]) == (2, 2, 2)
    assert container["image"] == "registry.example.com/genai/ray-train-neuron:0.1.0"


def test_workers_stay_in_their_pool_and_are_left_alone_there(objects: dict[str, Body]) -> None:
    template = workers_of(objects)["template"]
    assert template["spec"]["nodeSelector"] == {
        "genai-on-eks/accelerator": "trainium",
        "genai-on-eks/purpose": "training",
        "karpenter.sh/nodepool": "trainium",
    }
    assert template["metadata"]["annotations"] == {"karpenter.sh/do-not-disrupt": "true"}


def test_gpus_are_counted_by_ray_itself() -> None:
    objects = objects_of(GPU)
    group = workers_of(objects, "small")
    (container,) = group["template"]["spec"]["containers"]
    assert "resources" not in group
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "vpc.amazonaws.com/efa" not in container["resources"]["limits"]
    assert container["image"] == "registry.example.com/genai/ray-train:0.1.0"
    assert json.loads(objects["ConfigMap/small"]["data"]["config.json"])["resources_per_worker"] == {"GPU": 1}


def test_stable_diffusion_is_trained_by_its_own_program_and_image() -> None:
    objects = objects_of(PICTURES)
    spec = spec_of(objects, "dog")
    assert (
        spec["entrypoint"]
        == "python -m stable_diffusion_finetune.ray_train --config /etc/ray-train/config.json"
    )
    (head,) = spec["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["containers"]
    (worker,) = workers_of(objects, "dog")["template"]["spec"]["containers"]
    image = "registry.example.com/genai/stable-diffusion-finetune:0.1.0"
    assert head["image"] == worker["image"] == image
    assert json.loads(objects["ConfigMap/dog"]["data"]["config.json"]) == {
        "run": "dog",
        "accelerator": "nvidia",
        "workers": 3,
        "resources_per_worker": {"GPU": 1},
        "cpus_per_worker": 6,
        "efa_interfaces": 0,
        "data": "/fsx/data",
        "cache": "/fsx/cache",
        "checkpoints": "/fsx/data/checkpoints/dog",
        "parameters": PICTURES["parameters"],
    }


def test_the_head_alone_may_write_the_result_and_nothing_beside_it() -> None:
    workers, head = RayTraining(App(), environment(ray_train=PICTURES)).pod_identities()
    assert set(workers.policies) == {"data", "models"}
    assert head.service_account == "ray-train-head"
    _, objects = head.policies["results"]
    assert "s3:PutObject" in objects["Action"]
    assert objects["Resource"] == ["arn:aws:s3:::example-models/stable-diffusion-finetuned/*"]


def test_a_job_ends_in_time_whether_it_starts_or_not() -> None:
    spec = spec_of(objects_of(TRAINIUM | {"max_hours": 2, "start_minutes": 15, "retries": 1}))
    assert spec["activeDeadlineSeconds"] == 7200
    assert spec["preRunningDeadlineSeconds"] == 900
    assert spec["backoffLimit"] == 1


def test_no_pod_of_the_job_has_a_token_of_the_kubernetes_api(objects: dict[str, Body]) -> None:
    cluster = spec_of(objects)["rayClusterSpec"]
    for template in (cluster["headGroupSpec"]["template"], workers_of(objects)["template"]):
        assert template["spec"]["automountServiceAccountToken"] is False
        assert "api-token" not in [volume["name"] for volume in template["spec"]["volumes"]]


def test_only_the_operator_reaches_the_head_from_outside(objects: dict[str, Body]) -> None:
    assert objects["NetworkPolicy/ray-train-head"]["spec"]["ingress"] == [
        {
            "from": [
                {
                    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "kuberay-operator"}},
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kuberay-system"}},
                }
            ],
            "ports": [{"port": 8265, "protocol": "TCP"}],
        }
    ]


def test_checkpoints_reach_s3_through_the_file_system_not_through_the_pods() -> None:
    identities = RayTraining(App(), environment(ray_train=TRAINIUM)).pod_identities()
    actions = {
        action
        for identity in identities
        for statements in identity.policies.values()
        for item in statements
        for action in item["Action"]
    }
    assert {identity.service_account for identity in identities} == {"ray-train", "ray-train-head"}
    assert actions == {"s3:ListBucket", "s3:GetObject"}


def test_the_component_is_there_when_the_section_is() -> None:
    assert RayTraining.enabled(environment(ray_train=TRAINIUM))
    assert not RayTraining.enabled(environment())


def test_the_number_of_neuron_cores_is_that_of_trainium2_as_programs_see_it() -> None:
    pools = POOLS | {
        "trainium": {
            "purpose": "training",
            "instance_types": ["trn2.48xlarge"],
            "capacity": ["on-demand"],
            "max_nodes": 4,
        }
    }
    karpenter = {"node_role": "genai-node", "node_pools": pools}
    aws = {"account": "111122223333", "region": "us-east-2", "zones": ["us-east-2b"]}
    group = workers_of(objects_of(TRAINIUM, karpenter=karpenter, aws=aws))
    assert group["resources"] == {"neuron_cores": "64"}
