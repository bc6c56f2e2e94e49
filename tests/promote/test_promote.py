import shutil
from pathlib import Path

import pytest

from charts_src.errors import UserError
from charts_src.helm.fields import shape_of
from charts_src.promote.promote import described, prepare, write
from charts_src.promote.versions import version_at
from tests.cli.copies import SOURCE

LLM = """\
llm:
  host: llm
  models:
    chat:
      model_id: qwen
      model_source: {source}
      pool: gpu
      max_model_len: 8192
      replicas: {{min: 1, max: 1}}
      cpus: 4
      memory_gib: 16
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "environments"
    folder.mkdir()
    shutil.copy(SOURCE / "tests" / "config" / "valid" / "base.yaml", folder)
    monkeypatch.chdir(tmp_path)
    return folder


def files(directory: Path, staging: str, prod: str) -> None:
    (directory / "staging.yaml").write_text(f"name: staging\n{staging}")
    (directory / "prod.yaml").write_text(f"name: prod\n{prod}")


def promoted(directory: Path, component: str = "") -> str:
    promotion = prepare(directory, "staging", "prod", component)
    write(promotion)
    return described(promotion, component)


PROD = """\
# Careful.
karpenter:
  memory: 2Gi  # more nodes
  ami_version: v20260101  # until June
cluster:
  name: ai-prod
"""


def test_versions_move_and_all_else_stays(directory: Path) -> None:
    files(directory, "karpenter:\n  memory: 1Gi\n  ami_version: v20260202\n", PROD)
    assert promoted(directory) == (
        "prod: 1 version from staging\n"
        '  karpenter.ami_version: "v20260101" -> "v20260202"\n'
        "left: 2 decisions that are each environment's own; make compare A=staging B=prod lists them\n"
    )
    assert (directory / "prod.yaml").read_text() == f"name: prod\n{PROD.replace('v20260101', 'v20260202')}"


def test_a_second_time_there_is_nothing_to_promote(directory: Path) -> None:
    files(directory, "karpenter:\n  ami_version: v20260202\n", PROD)
    promoted(directory)
    before = (directory / "prod.yaml").stat().st_ino
    assert promoted(directory).startswith("prod: nothing to promote from staging\n")
    assert (directory / "prod.yaml").stat().st_ino == before


def test_what_base_says_too_leaves_the_file(directory: Path) -> None:
    files(directory, "", PROD)
    base = directory / "base.yaml"
    base.write_text(base.read_text().replace("  node_role:", "  ami_version: v20260303\n  node_role:"))
    assert '  karpenter.ami_version: "v20260101" -> "v20260303"\n' in promoted(directory)
    assert "ami_version" not in (directory / "prod.yaml").read_text()


def test_what_the_default_says_too_leaves_the_file(directory: Path) -> None:
    files(directory, "", 'cluster: {name: other}\nkubernetes: "1.35"\n')
    assert promoted(directory).splitlines()[1] == '  kubernetes: "1.35" -> "1.36"'
    assert (directory / "prod.yaml").read_text() == "name: prod\ncluster: {name: other}\n"


def test_a_version_that_only_the_source_sets_is_added(directory: Path) -> None:
    files(
        directory,
        "karpenter: {ami_version: v20260101}\n"
        "cluster:\n  addon_versions: {vpc-cni: v1.20.0-eksbuild.1}\n"
        "stable_diffusion:\n  gpu:\n    image_tag: 0.2.0\n",
        PROD,
    )
    assert promoted(directory).startswith(
        "prod: 2 versions from staging\n"
        '  cluster.addon_versions.vpc-cni: not there -> "v1.20.0-eksbuild.1"\n'
        '  stable_diffusion.gpu.image_tag: "0.1.0" -> "0.2.0"\n'
    )
    added = "cluster:\n  addon_versions:\n    vpc-cni: v1.20.0-eksbuild.1\n"
    assert (directory / "prod.yaml").read_text() == (
        "name: prod\n"
        + PROD.replace("cluster:\n", added)
        + "stable_diffusion:\n  gpu:\n    image_tag: 0.2.0\n"
    )


def test_weights_move_into_the_bucket_of_the_target(directory: Path) -> None:
    staging, prod = ("s3://staging-models/qwen-v2", "s3://prod-models/qwen-v1")
    files(directory, LLM.format(source=staging), LLM.format(source=prod))
    assert promoted(directory).splitlines()[:2] == [
        "prod: 1 version from staging",
        '  llm.models.chat.model_source: "s3://prod-models/qwen-v1" -> "s3://prod-models/qwen-v2"',
    ]
    assert (directory / "prod.yaml").read_text() == "name: prod\n" + LLM.format(
        source="s3://prod-models/qwen-v2"
    )


def test_weights_that_are_elsewhere_are_left_and_so_is_a_commit_of_them(directory: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    hub = LLM.format(source="Qwen/Qwen") + f"      engine_kwargs: {{revision: {commit}}}\n"
    files(directory, hub, LLM.format(source="s3://prod-models/qwen"))
    assert promoted(directory).splitlines()[:3] == [
        "prod: nothing to promote from staging",
        'left: llm.models.chat.model_source ("Qwen/Qwen", here "s3://prod-models/qwen"): is in a bucket in '
        "one of them only; copy the weights, then say where they are",
        f'left: llm.models.chat.engine_kwargs.revision ("{commit}", here null): means nothing for weights in '
        "S3; remove it",
    ]


def test_of_a_component_only_what_it_reads_moves(directory: Path) -> None:
    files(directory, 'kubernetes: "1.35"\nkarpenter:\n  ami_version: v20260202\n', "")
    assert promoted(directory, "node-pools") == (
        'prod: 1 version of node-pools from staging\n  karpenter.ami_version: "v20260714" -> "v20260202"\n'
    )
    assert (directory / "prod.yaml").read_text() == "name: prod\nkarpenter:\n  ami_version: v20260202\n"


def test_of_a_component_with_local_differences_nothing_moves_and_each_is_named(directory: Path) -> None:
    files(directory, "", PROD)
    assert promoted(directory, "karpenter") == (
        "prod: nothing of karpenter to promote from staging\n"
        'left: cluster.name ("ai", here "ai-prod"): is a decision of each environment\n'
        'left: karpenter.memory ("1Gi", here "2Gi"): is a decision of each environment\n'
    )


def test_an_entry_that_the_target_has_not_is_left(directory: Path) -> None:
    files(directory, LLM.format(source="Qwen/Qwen"), "")
    assert promoted(directory).splitlines()[0] == "prod: nothing to promote from staging"
    assert (directory / "prod.yaml").read_text() == "name: prod\n"


@pytest.mark.parametrize(
    ("source", "component", "message"),
    [
        ("prod", "", "promote: prod is both FROM and TO; name two environments"),
        ("stagin", "", 'environments: has no environment "stagin"; did you mean staging?'),
        ("staging", "karpente", "promote: there is no component karpente; did you mean karpenter?"),
    ],
)
def test_what_is_not_there_is_refused(directory: Path, source: str, component: str, message: str) -> None:
    files(directory, "", "")
    with pytest.raises(UserError) as caught:
        prepare(directory, source, "prod", component)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("where", "version"),
    [
        (("kubernetes",), True),
        (("karpenter", "version"), True),
        (("karpenter", "ami_version"), True),
        (("llm", "models", "chat", "model_source"), True),
        (("llm", "models", "chat", "engine_kwargs", "revision"), True),
        (("cluster", "addon_versions", "coredns"), True),
        (("argocd", "charts", "version"), True),
        (("aws", "account"), False),
        (("karpenter", "replicas"), False),
        (("karpenter", "node_pools", "gpu", "instance_types"), False),
        (("registry",), False),
    ],
)
def test_the_model_says_what_is_a_version(where: tuple[str, ...], version: bool) -> None:
    assert (version_at(where) is not None) == version


def test_every_field_called_version_or_tag_is_marked() -> None:
    from charts_src.model import Environment, Model

    def fields(path: tuple[str, ...], section: type[Model]) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        for name in section.model_fields:
            shape = shape_of((*path, name))
            inner, more = (shape, ()) if shape.entry is None else (shape.entry, ("0",))
            found += fields((*path, name, *more), inner.section) if inner.section else [(*path, name)]
        return found

    named = [path for path in fields((), Environment) if path[-1].endswith(("version", "image_tag"))]
    assert len(named) > 30
    assert [path for path in named if version_at(path) is None] == []
