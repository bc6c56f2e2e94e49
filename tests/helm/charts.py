"""Small charts, as the generator lays them out."""

import subprocess
from pathlib import Path

from charts_src.emit import emit
from charts_src.helm.package import file_name, package
from charts_src.publish import Files

SCHEMA = """\
{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "additionalProperties": false,
  "properties": {"global": {"type": "object"}, "replicas": {"type": "integer"}}
}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: {{ .Release.Namespace }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: main, image: "registry.example.com/web:1"}
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, description: "größer als {{ nichts }}"}}
"""
README = "# web\n" + "More than one block of gzip holds.\n" * 4_000
LONG = f"templates/configmap-{'a' * 120}.yaml"
"""A path that the short form of a tar header has no room for."""


def chart(name: str = "web", version: str = "1.0.0", **files: str) -> Files:
    """Give the files of a chart that deploys `replicas` pods, with a CRD."""
    metadata = {
        "apiVersion": "v2",
        "name": name,
        "version": version,
        "description": "For tests.",
        "icon": "https://example.com/icon.svg",
    }
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "long"}, "data": {"a": "b"}}
    return {
        "values.yaml": "replicas: 1\n",
        "values/prod.yaml": "replicas: 3\n",
        "values.schema.json": SCHEMA,
        "templates/deployment-web.yaml": DEPLOYMENT,
        LONG: emit(config),
        "README.md": README,
        "crds/things.yaml": CRD,
        "Chart.yaml": emit(metadata),
        **files,
    }


def write_package(folder: Path, name: str = "web", version: str = "1.0.0", **files: str) -> Path:
    """Write a package of that chart."""
    path = folder / file_name(name, version)
    path.write_bytes(package(name, version, chart(name, version, **files)))
    return path


def run(helm: Path, *arguments: object) -> str:
    """Run Helm and give what it prints; a failure fails the test with what it said."""
    done = subprocess.run([helm, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
