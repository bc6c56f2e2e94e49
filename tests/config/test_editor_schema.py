"""The schema for editors accepts the real files, each alone, and marks what `load` would refuse."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from charts_src import ROOT
from charts_src.model.editor_schema import editor_schema

SCHEMA = json.loads(editor_schema())
FILES = sorted((ROOT / "environments").glob("*.yaml"))


def marked(text: str) -> list[str]:
    """Give the path of each problem that an editor would show."""
    return sorted(error.json_path for error in Draft7Validator(SCHEMA).iter_errors(yaml.safe_load(text)))


def test_the_schema_is_valid_draft_7() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_there_are_environments() -> None:
    assert "base.yaml" in [file.name for file in FILES]
    assert len(FILES) >= 2


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_environment_file_is_accepted_alone(file: Path) -> None:
    assert marked(file.read_text()) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("kuberays: {}", "$"),
        ("aws: {region: Oregon}", "$.aws"),
        ("aws: {account: 111122223333}", "$.aws"),
        ("kubernetes: 1.35", "$.kubernetes"),
        ("kuberay: {replicas: '2'}", "$.kuberay"),
        ("karpenter: {node_pools: {GPU: {max_nodes: 1}}}", "$.karpenter"),
        ("karpenter: null", "$.karpenter"),
    ],
)
def test_a_mistake_is_marked(text: str, path: str) -> None:
    assert marked(text) == [path]


@pytest.mark.parametrize(
    "text", ["stable_diffusion: null", "karpenter: {node_pools: {gpu: null}}", "kuberay: {replicas: null}"]
)
def test_what_an_environment_may_remove_may_be_null(text: str) -> None:
    assert marked(text) == []


def test_no_key_is_required() -> None:
    assert marked("{}") == []
    assert not [name for name, section in sections().items() if "required" in section]


def test_every_key_is_described() -> None:
    silent = [
        f"{section}.{name}"
        for section, schema in sections().items()
        for name, field in schema["properties"].items()
        if "description" not in field and "$ref" not in str(field)
    ]
    assert silent == []


def test_completion_offers_choices_and_defaults() -> None:
    engine = SCHEMA["definitions"]["ArgoCd"]["properties"]["engine"]
    assert engine["default"] == "self-managed"
    assert engine["anyOf"][0]["enum"] == ["self-managed", "eks-capability"]


def sections() -> dict[str, Any]:
    return {"Environment": SCHEMA, **SCHEMA["definitions"]}
