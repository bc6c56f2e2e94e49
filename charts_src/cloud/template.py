"""CloudFormation templates as plain data."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from charts_src.model import Environment
from charts_src.objects import Body

Resources = dict[str, Body]
"""Logical name -> resource."""


def template(description: str, resources: Resources, **sections: Any) -> str:
    """Write a template; `sections` are further sections such as Parameters and Outputs."""
    body = {"AWSTemplateFormatVersion": "2010-09-09", "Description": description, **sections}
    return text(body | {"Resources": resources})


def text(value: Any) -> str:
    """Write JSON with sorted keys, so that the same data gives the same bytes."""
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def resource(kind: str, properties: Mapping[str, Any], **attributes: Any) -> Body:
    """Give a resource; `attributes` are its other attributes such as DeletionPolicy."""
    return {"Type": f"AWS::{kind}", "Properties": dict(properties), **attributes}


def kept(kind: str, properties: Mapping[str, Any]) -> Body:
    """Give a resource with data in it, which outlives its stack until a person deletes it."""
    return resource(kind, properties, DeletionPolicy="Retain", UpdateReplacePolicy="Retain")


def tags(env: Environment, **more: str) -> list[Body]:
    """Give the tags that everything of an environment has; the sweep after a teardown looks for them."""
    found = {"cluster": env.cluster.name, "environment": env.name, **more}
    return [{"Key": key, "Value": value} for key, value in sorted(found.items())]


def logical(*words: str) -> str:
    """Make a logical name, letters and digits in CamelCase, of words with hyphens."""
    return "".join(part.capitalize() for word in words for part in word.replace(".", "-").split("-"))


def document(statements: Sequence[Body]) -> Body:
    """Give an IAM policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def of_cluster(env: Environment, output: str) -> Body:
    """Refer to an output of the stack that eksctl makes of the cluster (pkg/cfn/outputs, v0.215.0)."""
    return {"Fn::ImportValue": f"eksctl-{env.cluster.name}-cluster::{output}"}
