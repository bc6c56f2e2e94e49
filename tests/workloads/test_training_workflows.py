from typing import Any

import pytest
import yaml
from cdk8s import App

from charts_src.lib.llama2 import gang_jobs
from charts_src.model import Environment
from charts_src.objects import Body, all_containers
from charts_src.policy import pods
from charts_src.workloads.tensorboard import TensorBoard
from charts_src.workloads.training_workflows import TrainingWorkflows
from tests.ray_environment import environment, rendered
from tests.training_environment import cpu_training, training

PRETRAINING = "WorkflowTemplate/llama2-pretraining"
GANGS = ["check-network", "precompile", "train", "evaluate"]


@pytest.fixture(scope="module")
def objects() -> dict[str, Body]:
    return rendered(TrainingWorkflows(App(), training()))


def templates(objects: dict[str, Body], name: str = PRETRAINING) -> dict[str, Any]:
    return {template["name"]: template for template in objects[name]["spec"]["templates"]}


def steps(template: Any) -> list[str]:
    return [step["template"] for group in template["steps"] for step in group]


def test_pretraining_goes_from_the_tokenizer_to_the_evaluation(objects: dict[str, Body]) -> None:
    assert objects[PRETRAINING]["spec"]["entrypoint"] == "pretrain"
    found = templates(objects)
    order = ["download-tokenizer", "prepare-dataset", *GANGS, "export"]
    assert steps(found["pretrain"]) == order
    assert {step["name"]: step["when"] for (step,) in found["pretrain"]["steps"] if "when" in step} == {
        "check-network": "{{workflow.parameters.check-network}} == true",
        "precompile": "{{workflow.parameters.precompile}} == true",
    }


def test_every_step_can_be_run_alone_as_it_reads_nothing_but_parameters_of_the_workflow(
    objects: dict[str, Body],
) -> None:
    declared = {each["name"] for each in objects[PRETRAINING]["spec"]["arguments"]["parameters"]}
    for template in templates(objects).values():
        assert "inputs" not in template
    text = yaml.safe_dump(objects[PRETRAINING])
    used = {part.partition("}}")[0] for part in text.split("{{")[1:]}
    assert used == {f"workflow.parameters.{name}" for name in declared} | {"workflow.name"}


def test_on_cpus_nothing_is_compiled_and_the_other_steps_are_the_same() -> None:
    found = templates(rendered(TrainingWorkflows(App(), cpu_training())))
    assert steps(found["pretrain"]) == [
        *("download-tokenizer", "prepare-dataset", "check-network"),
        *("train", "evaluate", "export"),
    ]


@pytest.mark.parametrize("gang", GANGS)
def test_a_gang_is_removed_to_its_last_pod_before_it_is_started_again(
    objects: dict[str, Body], gang: str
) -> None:
    found = templates(objects)
    assert steps(found[gang]) == [f"remove-{gang}", f"start-{gang}"]
    assert found[gang]["retryStrategy"] == {
        "limit": "10" if gang == "train" else "2",
        "retryPolicy": "Always",
        "backoff": {"duration": "30s", "factor": "2", "cap": "10m"},
    }
    assert found[f"remove-{gang}"]["resource"] == {
        "action": "delete",
        "flags": ["mpijobs.kubeflow.org", f"{{{{workflow.name}}}}-{gang}", "--cascade=foreground"],
    }
    start = found[f"start-{gang}"]["resource"]
    assert (start["action"], start["setOwnerReference"]) == ("create", True)
    assert start["successCondition"] == "status.replicaStatuses.Launcher.succeeded > 0"
    assert start["failureCondition"] == "status.replicaStatuses.Launcher.failed > 0"


@pytest.mark.parametrize("gang", GANGS)
def test_the_manifest_of_a_gang_is_the_gang_that_is_proven_to_fit(
    objects: dict[str, Body], gang: str
) -> None:
    manifest = yaml.safe_load(templates(objects)[f"start-{gang}"]["resource"]["manifest"])
    assert manifest["metadata"]["name"] == f"{{{{workflow.name}}}}-{gang}"
    assert manifest["metadata"]["labels"]["genai-on-eks/workflow"] == "{{workflow.name}}"
    assert manifest["spec"] == gang_jobs(training())[gang]["spec"]


def test_whatever_happens_no_gang_of_the_workflow_stays(objects: dict[str, Body]) -> None:
    assert objects[PRETRAINING]["spec"]["onExit"] == "clean-up"
    found = templates(objects)
    assert steps(found["clean-up"]) == ["remove-gangs"]
    assert found["remove-gangs"]["resource"]["flags"] == [
        "mpijobs.kubeflow.org",
        "--selector=genai-on-eks/workflow={{workflow.name}}",
        "--cascade=foreground",
    ]


def test_two_workflows_never_write_one_run(objects: dict[str, Body]) -> None:
    assert objects[PRETRAINING]["spec"]["synchronization"] == {
        "mutexes": [{"name": "llama2-run-{{workflow.parameters.run}}"}]
    }


def test_checkpoints_are_pruned_every_night(objects: dict[str, Body]) -> None:
    assert objects["CronWorkflow/llama2-prune-checkpoints"]["spec"] == {
        "schedules": ["30 3 * * *"],
        "timezone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "workflowSpec": {"workflowTemplateRef": {"name": "llama2-prune-checkpoints"}},
    }
    (prune,) = templates(objects, "WorkflowTemplate/llama2-prune-checkpoints").values()
    assert prune["container"]["args"] == ["--runs", "/fsx/data/llama2/runs", "--keep", "3"]


def test_the_steps_that_start_gangs_may_do_only_that(objects: dict[str, Body]) -> None:
    assert objects["Role/workflow-gangs"]["rules"] == [
        {
            "apiGroups": ["kubeflow.org"],
            "resources": ["mpijobs"],
            "verbs": ["create", "delete", "get", "list", "watch", "patch"],
        }
    ]
    bound = {
        (body["roleRef"]["name"], body["subjects"][0]["name"])
        for body in objects.values()
        if body["kind"] == "RoleBinding"
    }
    assert bound == {
        ("workflow-gangs", "workflow-gangs"),
        ("workflow-executor", "workflow-gangs"),
        ("workflow-executor", "llama2-steps"),
        ("workflow-executor", "stable-diffusion-finetune"),
    }


def test_accounts_of_workflow_pods_give_their_token_and_those_of_gangs_do_not(
    objects: dict[str, Body],
) -> None:
    tokens = {
        body["metadata"]["name"]: body["automountServiceAccountToken"]
        for body in objects.values()
        if body["kind"] == "ServiceAccount"
    }
    assert tokens == {
        "llama2-gang": False,
        "llama2-steps": True,
        "stable-diffusion-finetune": True,
        "workflow-gangs": True,
    }


def test_gangs_talk_to_their_own_kind_only(objects: dict[str, Body]) -> None:
    peers = [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "llama2-gang"}}}]
    assert objects["NetworkPolicy/llama2-gang"]["spec"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "llama2-gang"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": peers}],
        "egress": [{"to": peers}],
    }


@pytest.mark.parametrize("env", [training(), cpu_training()], ids=["trainium", "cpu"])
def test_containers_of_steps_are_restricted_and_ask_for_what_they_use(env: Environment) -> None:
    for body in TrainingWorkflows(App(), env).objects():
        for template in body.get("spec", {}).get("templates", ()):
            if container := template.get("container"):
                spec = {
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 1000,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [container],
                    "volumes": template["volumes"],
                }
                assert list(pods.restricted(spec)) == []
                assert list(pods.resources(spec)) == []
                assert len(list(all_containers(spec))) == 1


def test_fine_tuning_runs_on_the_gpus_of_its_pool_and_writes_to_the_models_bucket(
    objects: dict[str, Body],
) -> None:
    (step,) = templates(objects, "WorkflowTemplate/stable-diffusion-finetune").values()
    assert step["nodeSelector"] == {
        "genai-on-eks/accelerator": "nvidia",
        "genai-on-eks/purpose": "inference",
        "karpenter.sh/nodepool": "gpu",
    }
    assert step["container"]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert step["container"]["command"] == ["accelerate", "launch"]
    assert step["container"]["args"][-4:] == [
        "--output",
        "s3://genai-dev-models/stable-diffusion-finetuned/{{workflow.parameters.subject}}/",
        "--resume",
        "auto",
    ]


def test_each_account_reaches_its_own_prefixes_of_the_buckets() -> None:
    found = {
        identity.service_account: [
            resource
            for statements in identity.policies.values()
            for statement in statements
            if statement["Sid"] == "Objects"
            for resource in statement["Resource"]
        ]
        for identity in TrainingWorkflows(App(), training()).pod_identities()
    }
    logs = "arn:aws:s3:::genai-dev-artifacts/workflows/*"
    assert found == {
        "llama2-steps": [logs, "arn:aws:s3:::genai-dev-data/llama2/*"],
        "workflow-gangs": [logs],
        "stable-diffusion-finetune": [
            logs,
            "arn:aws:s3:::genai-dev-data/finetune/*",
            "arn:aws:s3:::genai-dev-models/stable-diffusion-finetuned/*",
        ],
    }


def test_without_a_gated_source_there_is_no_token_of_hugging_face() -> None:
    objects = rendered(TrainingWorkflows(App(), cpu_training()))
    assert "ExternalSecret/hugging-face" not in objects
    assert "HF_TOKEN" not in yaml.safe_dump(objects[PRETRAINING])


def test_an_environment_may_train_one_and_not_the_other() -> None:
    objects = rendered(TrainingWorkflows(App(), training(llama2=None)))
    assert [key for key in objects if key.startswith("WorkflowTemplate")] == [
        "WorkflowTemplate/stable-diffusion-finetune"
    ]
    assert not TrainingWorkflows.enabled(environment())


def test_tensorboard_reads_all_runs_behind_the_login_and_reaches_nothing() -> None:
    objects = rendered(TensorBoard(App(), training()))
    (container,) = objects["Deployment/tensorboard"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == [
        "--host=0.0.0.0",
        "--logdir=/fsx/data/llama2/runs",
        "--port=6006",
        "--reload_multifile=true",
    ]
    assert {"name": "shared", "mountPath": "/fsx", "readOnly": True} in container["volumeMounts"]
    annotations = objects["Ingress/tensorboard"]["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/auth-on-unauthenticated-request"] == "authenticate"
    assert objects["NetworkPolicy/tensorboard"]["spec"]["policyTypes"] == ["Ingress"]
    assert not TensorBoard.enabled(environment())
