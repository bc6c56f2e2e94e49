"""The section of Helm charts admits exact versions and whole addresses of OCI registries."""

import pytest
from pydantic import ValidationError

from charts_src.model.charts import Charts


@pytest.mark.parametrize("version", ["0.0.0", "1.4.0", "10.20.30", "1.4.0-rc.1", "1.4.0-0.x-y.7z", "1.0.0--"])
def test_an_exact_version_is_admitted(version: str) -> None:
    assert Charts(registry="registry.example.com", version=version).version == version


@pytest.mark.parametrize(
    "version",
    [
        "latest",
        "1",
        "1.4",
        "1.4.x",
        "*",
        "^1.4.0",
        "~1.4.0",
        ">=1.4.0",
        "v1.4.0",
        "01.4.0",
        "1.4.0-01",
        "1.4.0+1",
    ],
)
def test_anything_else_is_no_version(version: str) -> None:
    with pytest.raises(ValidationError, match="write one exact version"):
        Charts(registry="registry.example.com", version=version)


@pytest.mark.parametrize(
    "registry",
    [
        "registry.example.com",
        "registry.example.com:5000/charts",
        "111122223333.dkr.ecr.us-west-2.amazonaws.com/genai/charts",
        "ghcr.io/an-owner/a_path/with.dots",
    ],
)
def test_a_registry_with_or_without_a_path_is_admitted(registry: str) -> None:
    charts = Charts(registry=registry, version="1.4.0")
    assert charts.registry == registry
    assert list(charts.problems()) == []


@pytest.mark.parametrize(
    "registry",
    [
        "charts",
        "oci://registry.example.com/charts",
        "https://registry.example.com",
        "user@registry.example.com/charts",
        "Registry.example.com",
        "registry.example.com/",
        "registry.example.com//charts",
        "registry.example.com/../charts",
        "registry.example.com/*",
        "registry.example.com/charts:1.4.0",
    ],
)
def test_what_is_no_address_of_an_oci_registry_is_refused(registry: str) -> None:
    with pytest.raises(ValidationError, match="write an OCI registry"):
        Charts(registry=registry, version="1.4.0")
