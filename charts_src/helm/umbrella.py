"""The chart of the whole platform: every other chart inside, and an environment as its values."""

import json
from collections.abc import Mapping
from typing import Any

from charts_src.emit import emit
from charts_src.helm.chart import Chart
from charts_src.model import Environment
from charts_src.publish import Files

NAME = "genai-on-eks"

_VALUES = """# Sections of an environment; values/ has those of each. Others are as in the charts inside.
global: {}
"""

_README = """# genai-on-eks

The whole platform: a chart for each component, inside this one. Its values are an environment as
environments/ of the repository has it, with all defaults, below `global`; `values/` has those of each:

    helm template genai-on-eks . --include-crds --namespace default --values values/prod.yaml

A section below `global` takes the place of that section in each chart inside. What those charts cannot follow
they refuse: see their READMEs. Components that not every environment has are there unless `enabled` is false.

| chart | may be left out |
|---|---|
"""


def umbrella(
    charts: Mapping[str, Chart], environments: Mapping[str, Environment], having: Mapping[str, set[str]]
) -> Files:
    """Make the chart; `having` says which components each environment has."""
    version = next(iter(charts.values())).version
    optional = [name for name, one in charts.items() if one.optional]
    files = {
        "Chart.yaml": emit(_about(charts, optional, version)),
        "values.yaml": _VALUES + "".join(f"{name}:\n  enabled: true\n" for name in optional),
        "values.schema.json": json.dumps(_schema(charts), indent=2) + "\n",
        "README.md": _README
        + "".join(f"| {each} | {'yes' if each in optional else ''} |\n" for each in charts),
        "templates/NOTES.txt": "The platform is installed as release {{ .Release.Name }}.\n",
    }
    for name, env in environments.items():
        switches = {each: {"enabled": each in having[name]} for each in optional}
        files[f"values/{name}.yaml"] = emit({"global": env.model_dump(mode="json"), **switches})
    for name, one in charts.items():
        files |= {f"charts/{name}/{path}": text for path, text in one.files.items()}
    return files


def _about(charts: Mapping[str, Chart], optional: list[str], version: str) -> dict[str, Any]:
    dependencies = [
        {"name": name, "version": version} | ({"condition": f"{name}.enabled"} if name in optional else {})
        for name in charts
    ]
    return {
        "apiVersion": "v2",
        "name": NAME,
        "description": "A platform for generative AI on Amazon EKS",
        "type": "application",
        "version": version,
        "appVersion": version,
        "dependencies": dependencies,
    }


def _schema(charts: Mapping[str, Chart]) -> dict[str, Any]:
    """Have the model say what an environment is, section by section: a part of one will do."""
    found = Environment.model_json_schema(ref_template="#/definitions/{model}")
    definitions = found.pop("$defs")
    found.pop("required", None)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": False,
        "properties": {"global": found, **{name: {"type": "object"} for name in charts}},
        "definitions": definitions,
    }
