"""The objects of an Application are those of its folder, or those that its chart is rendered to."""

from pathlib import Path

import pytest
import yaml

from charts_src.errors import UserError
from charts_src.objects import Body
from tests.objects import thing
from tools.cluster import parsed
from tools.cluster.parsed import LARGE
from tools.cluster.tree import tree

FOLDER: Body = {"path": "rendered/dev/one", "repoURL": "https://git.example.com/x.git"}
CHART: Body = {"chart": "one", "repoURL": "registry.example.com/charts"}
DANGLING: Body = {"chart": "two", "repoURL": "registry.example.com/charts"}


def written(root: Path, source: Body) -> Path:
    application = {"kind": "Application", "metadata": {"name": "one"}, "spec": {"source": source}}
    files = {
        "argocd/dev/application-one.yaml": application,
        "rendered/dev/one/configmap-a.yaml": thing("ConfigMap", "a", "ai"),
    }
    for path, body in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(yaml.safe_dump(body))
    return root


@pytest.mark.parametrize("source", [FOLDER, CHART])
def test_a_chart_stands_for_the_folder_of_its_name(source: Body, tmp_path: Path) -> None:
    (wave,) = tree("dev", written(tmp_path, source))
    assert wave.application == "one"
    assert [body["metadata"]["name"] for body in wave.objects] == ["a"]


def test_a_large_object_is_parsed_once_and_then_read_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = thing("ConfigMap", "a", "ai") | {"data": {"text": "a: 1\n" * LARGE, "number": 1, "none": None}}
    text = yaml.safe_dump(body)
    monkeypatch.setattr(parsed, "CACHE", tmp_path)
    assert parsed.parsed(text) == body
    parsed.parsed.cache_clear()
    monkeypatch.delattr(parsed, "load")
    assert parsed.parsed(text) == body


def test_an_application_of_a_chart_that_no_component_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"rendered/dev/two: no objects, but Application one is of them"):
        tree("dev", written(tmp_path, DANGLING))
