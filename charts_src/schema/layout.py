"""Where the files under schemas/upstream/ are.

    SOURCES.json, LICENSE, NOTICE             the modules that everything here comes from
    resources.json                            built-in API group -> its resources, as roles name them
    crds/<plural>.<group>.json                CRDs that components install: upstream's, without descriptions
    custom/<group>/<kind>-<version>.json      strict schema of a custom resource, at its storage version
    kubernetes/v<minor>/<group>/<kind>-<version>.json    strict schema of a built-in kind
    <either folder>/definitions.json          what the strict schemas of the folder refer to

The folder of the core API group is called v1, as kubeconform's schema locations have it.
"""

from pathlib import PurePosixPath

from charts_src import ROOT

SCHEMAS = ROOT / "schemas" / "upstream"
"""The checked-in folder, written by `derive` and read by everything else."""

RESOURCES = "resources.json"
"""File with the resources of all known Kubernetes minors together, subresources too."""

CUSTOM = "custom"
"""Folder of the strict schemas of custom resources, the same for all Kubernetes versions."""


def kubernetes_folder(minor: str) -> str:
    """Return the folder of the built-in kinds of a Kubernetes minor version such as 1.36."""
    return f"kubernetes/v{minor}"


def object_path(api_version: str, kind: str) -> str:
    """Return the path of a kind's strict schema, below either of the two folders above."""
    group, _, version = api_version.partition("/")
    return f"{group}/{kind.lower()}-{version or group}.json"


def definitions_path(schema_path: str) -> str:
    """Return the path of the definitions that a strict schema, at its full path, refers to."""
    folder = PurePosixPath(schema_path).parents[1]
    return f"{folder}/definitions.json"
