"""Pure functions from published schemas to strict JSON Schemas (draft 4, the dialect of OpenAPI 2 and 3.0).

Strict means: a field that the API server does not know fails, as with `kubectl --validate=strict`.
`status` is left out of every object, for a manifest never states it.
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
"""One node of a schema."""

_METADATA = {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
_INT_OR_STRING = ["integer", "string"]

# What the OpenAPI document calls a string, although the API server also reads a number.
_LENIENT_TYPES: Mapping[str, list[str]] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": ["number", "string"],
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": _INT_OR_STRING,
}

_ASSERTIONS = {
    *("$ref", "type", "format", "enum", "pattern"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
}
# Keywords that `strict` reads itself, or that say nothing a JSON Schema could check.
_HANDLED = {
    *("properties", "items", "additionalProperties", "required", "nullable"),
    *("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"),
    *("description", "default", "example", "x-kubernetes-group-version-kind", "x-kubernetes-validations"),
    *("x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type"),
    *("x-kubernetes-patch-merge-key", "x-kubernetes-patch-strategy", "x-kubernetes-unions"),
}


def without_descriptions(node: Any) -> Any:
    """Copy a CRD or schema without its prose. A field that is itself called `description` stays."""
    if isinstance(node, list):
        return [without_descriptions(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value if key == "default" else without_descriptions(value)
        for key, value in node.items()
        if not (key == "description" and isinstance(value, str))
    }


def strict(node: Schema) -> Schema:
    """Return the strict form of an OpenAPI schema node and of all nodes under it.

    Raises ValueError on a keyword that this function was not written for, so that none is lost unnoticed.
    """
    if node.get("x-kubernetes-int-or-string"):
        node = {**node, "type": _INT_OR_STRING}
        node.pop("anyOf", None)  # says the same once more
    unknown = sorted(node.keys() - _ASSERTIONS - _HANDLED)
    if unknown:
        raise ValueError(f"schema keywords without a strict form: {', '.join(unknown)}")
    result = {key: value for key, value in node.items() if key in _ASSERTIONS}
    if "(?i)" in node.get("pattern", ""):  # Go takes the flag anywhere, others only around a group
        result["pattern"] = f"(?i:{node['pattern'].replace('(?i)', '')})"
    if node.get("nullable"):
        result["type"] = [node["type"], "null"]
    # The API server fills in defaults before it validates: a field with one need not be written.
    required = [name for name in node.get("required", []) if "default" not in node["properties"][name]]
    return result | ({"required": required} if required else {}) | _children(node)


def _children(node: Schema) -> Schema:
    children: Schema = {}
    if "properties" in node:
        children["properties"] = {name: strict(child) for name, child in node["properties"].items()}
    if "items" in node:
        children["items"] = strict(node["items"])
    if isinstance(node.get("additionalProperties"), dict):
        children["additionalProperties"] = strict(node["additionalProperties"])
    elif "properties" in node and not node.get("x-kubernetes-preserve-unknown-fields"):
        children["additionalProperties"] = node.get("additionalProperties", False)
    return children


def strict_definitions(definitions: dict[str, Schema]) -> dict[str, Schema]:
    """Return the strict form of the `definitions` of an OpenAPI 2 document, under the same names."""
    return {
        name: {"type": _LENIENT_TYPES[name]} if name in _LENIENT_TYPES else strict(node)
        for name, node in definitions.items()
    }


def strict_object(node: Schema, api_version: str, kind: str) -> Schema:
    """Return the schema of a whole object: a strict node with its header nailed down."""
    header: Schema = {"apiVersion": {"enum": [api_version]}, "kind": {"enum": [kind]}, "metadata": _METADATA}
    fields = {name: child for name, child in node["properties"].items() if name != "status"}
    required = sorted({*header, *node.get("required", [])} - {"status"})
    return {**node, "properties": fields | header, "required": required}


def referenced(roots: list[Schema], definitions: dict[str, Schema]) -> dict[str, Schema]:
    """Return those definitions, sorted by name, that the roots refer to directly or through others."""
    found: dict[str, Schema] = {}
    waiting = [name for root in roots for name in _references(root)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = definitions[name]
            waiting += _references(definitions[name])
    return dict(sorted(found.items()))


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for item in node for name in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"].rpartition("/")[2]] if isinstance(node.get("$ref"), str) else []
    return own + [name for value in node.values() for name in _references(value)]
