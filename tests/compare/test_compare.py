import json
import shutil

import pytest

from charts_src import config, state
from charts_src.compare.names import follows
from charts_src.compare.report import Comparison, comparison, to_json, to_text
from charts_src.diff.fields import MISSING, FieldChange
from charts_src.incremental import Units
from tests.cli.copies import SOURCE
from tests.why.conftest import line_of

STAGING = """\
name: staging
cluster:
  name: ai-staging
"""

PROD = """\
name: prod
cluster:
  name: ai-prod
  log_retention_days: 365
stable_diffusion: null
karpenter:
  memory: 2Gi
  node_pools:
    gpu:
      max_nodes: 16
    spare:
      purpose: inference
      instance_types: [g6e.2xlarge]
      max_nodes: 1
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    directory = tmp_path_factory.mktemp("compared") / "environments"
    directory.mkdir()
    shutil.copy(SOURCE / "tests" / "config" / "valid" / "base.yaml", directory)
    (directory / "staging.yaml").write_text(STAGING)
    (directory / "prod.yaml").write_text(PROD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "ENVIRONMENTS", directory)
        patch.chdir(directory.parent)
        staging, prod = (config.load(name, directory) for name in ("staging", "prod"))
        return comparison(staging, prod, Units(directory=None), lambda _done, _of: None)


def section(text: str, title: str) -> list[str]:
    """Give the lines of one part of the text, without the titles of others."""
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith(title))
    end = next(index for index, line in enumerate(lines[start + 1 :], start + 1) if line[:1] != " ")
    return lines[start:end]


MEMORY_LINE = line_of("charts_src/model/karpenter.py", "memory: Quantity")
MEMORY = (
    f'karpenter.memory: staging "1Gi" (default of the model: {MEMORY_LINE}); '
    'prod "2Gi" (environments/prod.yaml:7)'
)
NAME = (
    'cluster.name: staging "ai-staging" (environments/staging.yaml:3, over environments/base.yaml:7); '
    'prod "ai-prod" (environments/prod.yaml:3, over environments/base.yaml:7)'
)


def test_a_component_is_shown_with_its_objects_and_the_keys_that_made_them_differ(found: Comparison) -> None:
    assert section(to_text(found), "karpenter:") == [
        "karpenter: 1 changed, 0 added, 0 removed",
        "  ~ Deployment.apps karpenter/karpenter  (cluster.name, karpenter.memory)",
        "      spec.template.spec.containers[name=controller].resources.limits.memory",
        "        - 1Gi",
        "        + 2Gi",
        "      spec.template.spec.containers[name=controller].resources.requests.memory",
        "        - 1Gi",
        "        + 2Gi",
        "      2 fields with names and hashes that follow from these keys",
        f"  because of {NAME}",
        f"  because of {MEMORY}",
    ]


def test_an_object_that_only_one_has_is_there_because_of_its_entry(found: Comparison) -> None:
    marks = ("  +", "  because of karpenter")
    added = [line for line in section(to_text(found), "node-pools:") if line.startswith(marks)]
    assert added == [
        "  + EC2NodeClass.karpenter.k8s.aws spare  (karpenter.node_pools.spare)",
        "  + NodePool.karpenter.sh spare  (karpenter.node_pools.spare)",
        "  because of karpenter.node_pools.gpu.max_nodes: staging 8 (environments/base.yaml:31); prod 16 "
        "(environments/prod.yaml:10, over environments/base.yaml:31)",
        "  because of karpenter.node_pools.spare: staging has none; prod has it (environments/prod.yaml:11)",
    ]


def test_a_component_that_only_one_has_is_there_because_of_its_section(found: Comparison) -> None:
    assert section(to_text(found), "stable-diffusion:") == [
        "stable-diffusion: only in staging, 8 objects",
        "  because of stable_diffusion: staging has it (environments/base.yaml:32); "
        "prod null (environments/prod.yaml:5)",
    ]


def test_a_key_that_changes_no_object_is_listed_as_one(found: Comparison) -> None:
    retention = line_of("charts_src/model/platform.py", "log_retention_days: Literal")
    assert (
        f"  cluster.log_retention_days: staging 90 (default of the model: {retention}); "
        "prod 365 (environments/prod.yaml:4)  (changes no object: only AWS, Argo CD or nothing)"
    ) in section(to_text(found), "keys that differ:")


def test_keys_of_one_environment_only_are_listed_apart(found: Comparison) -> None:
    text = to_text(found)
    assert [line.partition(":")[0] for line in section(text, "keys only in staging:")] == [
        "keys only in staging",
        "  stable_diffusion",
    ]
    assert section(text + "\n", "keys only in prod:") == [
        "keys only in prod: 1",
        "  karpenter.node_pools.spare: staging has none; prod has it (environments/prod.yaml:11)",
    ]


def test_a_program_gets_all_of_it(found: Comparison) -> None:
    answer = json.loads(to_json(found))
    assert {
        "key": "karpenter.memory",
        "staging": {
            "value": "1Gi",
            "from": f"default of the model: {MEMORY_LINE}",
        },
        "prod": {"value": "2Gi", "from": "environments/prod.yaml:7"},
    } in answer["keys"]
    karpenter = answer["components"]["karpenter"]
    assert karpenter["only_in"] is None
    assert karpenter["because"] == ["cluster.name", "karpenter.memory"]
    assert [each["object"]["kind"] for each in karpenter["objects"]] == ["Deployment"]
    assert len(karpenter["objects"][0]["fields"]) == 4
    assert answer["components"]["stable-diffusion"]["only_in"] == "staging"


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ("ai-staging", "ai-prod", True),
        ("arn:aws:iam::1:role/ai-staging/x", "arn:aws:iam::1:role/ai-prod/x", True),
        ({"a": ["ai-staging"]}, {"a": ["ai-prod"]}, True),
        ("0123456789abcdef", "fedcba9876543210", True),
        ("ai-staging-2", "ai-prod-3", False),
        ("my-ai-stagings", "my-ai-prods", False),
        (2, 3, False),
        (MISSING, "ai-prod", False),
    ],
)
def test_what_differs_in_names_only_is_told_apart(old: object, new: object, result: bool) -> None:
    assert follows(FieldChange("x", old, new), {"ai-staging": "ai-prod"}) == result
