from pathlib import Path

import pytest

from charts_src.errors import UserError
from charts_src.why.answer import explain
from tests.why.conftest import line_of

pytestmark = pytest.mark.usefixtures("environments")

KARPENTER = "charts_src/components/karpenter.py"
DEPLOYMENT = "rendered/prod/karpenter/deployment-karpenter.yaml"
POOL = "rendered/prod/node-pools/nodepool-gpu.yaml"
PROD_WITH_LLM = """\
name: prod
karpenter:
  node_pools:
    other:
      purpose: inference
      instance_types: [g6.12xlarge]
      max_nodes: 8
      dedicated: true
llm:
  host: llm
  models:
    chat:
      model_id: qwen
      pool: gpu
      model_source: Qwen/Qwen
      max_model_len: 8192
      replicas: {min: 1, max: 1}
      cpus: 4
      memory_gib: 16
"""


def explained(address: str) -> list[str]:
    return explain(address, lambda _done, _of: None).splitlines()


def test_a_default_of_the_model_is_named_with_its_line() -> None:
    assert explained(f"{DEPLOYMENT}:spec.replicas") == [
        "spec.replicas = 2",
        "  comes from  karpenter.replicas = 2, default of the model: "
        + line_of("charts_src/model/karpenter.py", "replicas: Annotated"),
        "  written in  " + line_of(KARPENTER, "env.karpenter.replicas"),
        "  object in   " + line_of(KARPENTER, "self.add(_deployment(self.env))"),
    ]


def test_the_line_that_won_is_named_and_the_one_that_lost(environments: Path) -> None:
    prod = environments / "prod.yaml"
    prod.write_text("name: prod\nkarpenter:\n  memory: 3Gi\n")
    base = environments / "base.yaml"
    base.write_text(
        base.read_text().replace("  node_role: ai-node\n", "  node_role: ai-node\n  memory: 2Gi\n")
    )
    path = "spec.template.spec.containers[name=controller].resources.limits.memory"
    assert explained(f"{DEPLOYMENT}:{path}")[:3] == [
        f'{path} = "3Gi"',
        '  comes from  karpenter.memory = "3Gi", environments/prod.yaml:3, over environments/base.yaml:23',
        "  written in  " + line_of(KARPENTER, "requests(env.karpenter.cpu, memory, memory)"),
    ]


def test_every_key_that_matters_is_named() -> None:
    assert explained(f'{POOL}:spec.limits["nvidia.com/gpu"]')[:3] == [
        'spec.limits["nvidia.com/gpu"] = "8"',
        '  comes from  karpenter.node_pools.gpu.instance_types = ["g6e.2xlarge"], environments/base.yaml:30',
        "  comes from  karpenter.node_pools.gpu.max_nodes = 8, environments/base.yaml:31",
    ]


@pytest.mark.heavy
def test_a_version_that_the_model_fixes_is_a_key_too() -> None:
    image = "spec.template.spec.containers[name=controller].image"
    assert explained(f"{DEPLOYMENT}:{image}")[2] == (
        '  comes from  karpenter.version = "1.15.1", default of the model: '
        + line_of("charts_src/model/karpenter.py", "version: Annotated[Literal")
    )


@pytest.mark.heavy
def test_what_no_environment_sets_yet_is_a_key_too() -> None:
    image = "spec.template.spec.containers[name=controller].image"
    assert explained(f"{DEPLOYMENT}:{image}")[1] == (
        "  comes from  images.mirrors, default of the model: "
        + line_of("charts_src/model/images.py", "mirrors: Mapping")
    )


@pytest.mark.heavy
def test_the_node_pool_of_a_workload_is_a_key(environments: Path) -> None:
    (environments / "prod.yaml").write_text(PROD_WITH_LLM)
    address = (
        "rendered/prod/llm/rayservice-llm.yaml:"
        "spec.rayClusterConfig.workerGroupSpecs[groupName=chat].template.spec.nodeSelector"
    )
    found = [line for line in explained(address) if "pool" in line]
    assert '  comes from  llm.models.chat.pool = "gpu", environments/prod.yaml:14' in found


def test_a_constant_is_called_one() -> None:
    assert explained(f"{DEPLOYMENT}:spec.strategy.rollingUpdate.maxUnavailable") == [
        "spec.strategy.rollingUpdate.maxUnavailable = 1",
        "  comes from  no key of the environment: a constant of the construct",
        "  written in  " + line_of(KARPENTER, '"maxSurge": 0, "maxUnavailable": 1'),
        "  object in   " + line_of(KARPENTER, "self.add(_deployment(self.env))"),
    ]


@pytest.mark.heavy
def test_a_constant_of_a_module_is_found_behind_the_key_that_chooses_it() -> None:
    assert explained(f"{POOL}:spec.disruption.budgets[1].reasons")[1:3] == [
        '  comes from  karpenter.node_pools.gpu.purpose = "inference", environments/base.yaml:29',
        "  written in  " + line_of("charts_src/components/node_pools.py", "_ALWAYS: Body ="),
    ]


def test_an_object_is_there_by_its_entry() -> None:
    wave = 'metadata.annotations["argocd.argoproj.io/sync-wave"]'
    assert explained(f"{POOL}:{wave}")[1:4] == [
        "  comes from  no key of the environment: a constant of the construct",
        "  is there by karpenter.node_pools.gpu, environments/base.yaml:28",
        "  written in  " + line_of("charts_src/waves.py", "annotations[SYNC_WAVE] ="),
    ]


@pytest.mark.heavy
def test_a_component_is_there_by_its_section() -> None:
    address = "rendered/prod/stable-diffusion/serviceaccount-stable-diffusion-gpu.yaml:metadata.name"
    assert "  enabled by  stable_diffusion, environments/base.yaml:32" in explained(address)


@pytest.mark.heavy
def test_a_construct_of_the_library_is_found_too() -> None:
    address = "rendered/prod/karpenter/serviceaccount-karpenter.yaml:automountServiceAccountToken"
    assert "  object in   " + line_of("charts_src/lib/rbac.py", "return ServiceAccount(") in explained(
        address
    )


def test_fields_that_are_tried_are_counted() -> None:
    told: list[tuple[int, int]] = []
    explain(f"{DEPLOYMENT}:spec.replicas", lambda done, of: told.append((done, of)))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] == len(told) - 1


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "PATH: names no field; write it as "),
        (DEPLOYMENT, f"{DEPLOYMENT}: names no field; write it as "),
        ("environments/prod.yaml:name", "environments/prod.yaml: is no rendered file of a component; "),
        (
            "rendered/prod/aws/cluster.yaml:kind",
            "rendered/prod/aws/cluster.yaml: is no rendered file of a component; ",
        ),
        (
            "rendered/prd/karpenter/x.yaml:kind",
            "rendered/prd/karpenter/x.yaml: there is no environment prd; did you mean prod?",
        ),
        (
            "rendered/prod/karpent/x.yaml:kind",
            "rendered/prod/karpent/x.yaml: there is no component karpent; did you mean karpenter?",
        ),
        (
            "rendered/prod/llm/x.yaml:kind",
            "rendered/prod/llm: prod does not have this component; it depends on llm",
        ),
        (
            "rendered/prod/karpenter/deploymen-karpenter.yaml:kind",
            "rendered/prod/karpenter/deploymen-karpenter.yaml: is not rendered; "
            "did you mean deployment-karpenter.yaml?",
        ),
        (
            f"{DEPLOYMENT}:spec.replica",
            f"{DEPLOYMENT}: has no spec.replica; did you mean spec.replicas?",
        ),
    ],
)
def test_what_is_not_there_is_answered_with_the_nearest_name(address: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        explained(address)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
