"""From published schemas to strict ones, on small literals."""

import pytest

from charts_src.schema.derive import custom_object, strict_files
from charts_src.schema.strict import (
    Schema,
    referenced,
    strict,
    strict_definitions,
    strict_object,
    without_descriptions,
)

STRING = {"type": "string"}
METADATA = {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}


def test_prose_goes_and_a_field_called_description_stays() -> None:
    node = {
        "description": "Prose.",
        "properties": {"description": {"description": "Prose.", "type": "string"}},
    }
    assert without_descriptions(node) == {"properties": {"description": {"type": "string"}}}


def test_a_default_value_is_not_touched() -> None:
    node = {"default": {"description": "part of the value"}}
    assert without_descriptions(node) == node


def test_rules_and_list_keys_of_an_installed_crd_stay() -> None:
    node = {"x-kubernetes-validations": [{"rule": "self.a > 0"}], "x-kubernetes-list-map-keys": ["name"]}
    assert without_descriptions(node) == node


def test_an_object_with_fields_is_closed_at_every_depth() -> None:
    node = {"type": "object", "properties": {"a": {"items": {"properties": {"b": STRING}}}}}
    closed = {"additionalProperties": False, "properties": {"b": STRING}}
    assert strict(node) == {
        "type": "object",
        "additionalProperties": False,
        "properties": {"a": {"items": closed}},
    }


def test_a_map_takes_any_key_and_its_values_are_strict() -> None:
    node = {"type": "object", "additionalProperties": {"type": "object", "properties": {"a": STRING}}}
    value = {"type": "object", "properties": {"a": STRING}, "additionalProperties": False}
    assert strict(node) == {"type": "object", "additionalProperties": value}


def test_an_object_that_preserves_unknown_fields_stays_open() -> None:
    node = {"type": "object", "properties": {"a": STRING}, "x-kubernetes-preserve-unknown-fields": True}
    assert strict(node) == {"type": "object", "properties": {"a": STRING}}


def test_an_int_or_string_keeps_its_pattern() -> None:
    node = {
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "pattern": "^[0-9]+%?$",
        "x-kubernetes-int-or-string": True,
    }
    assert strict(node) == {"type": ["integer", "string"], "pattern": "^[0-9]+%?$"}


def test_a_flag_inside_a_pattern_goes_around_it_where_every_dialect_takes_it() -> None:
    assert strict({"type": "string", "pattern": "^(?i)[a-z]+$"}) == {
        "type": "string",
        "pattern": "(?i:^[a-z]+$)",
    }


def test_a_nullable_field_takes_null() -> None:
    assert strict({"type": "string", "nullable": True}) == {"type": ["string", "null"]}


def test_a_required_field_with_a_default_need_not_be_written() -> None:
    node = {"properties": {"a": STRING, "b": {"type": "string", "default": "x"}}, "required": ["a", "b"]}
    assert strict(node)["required"] == ["a"]


def test_a_keyword_that_nobody_thought_of_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^schema keywords without a strict form: oneOf$"):
        strict({"properties": {"a": {"oneOf": [STRING]}}})


def test_a_quantity_may_be_a_number() -> None:
    definitions = strict_definitions(
        {"io.k8s.apimachinery.pkg.api.resource.Quantity": STRING, "Other": STRING}
    )
    assert definitions == {
        "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["number", "string"]},
        "Other": STRING,
    }


def test_a_whole_object_needs_its_header_and_states_no_status() -> None:
    node = {
        "type": "object",
        "properties": {"spec": STRING, "status": STRING},
        "required": ["spec", "status"],
    }
    assert strict_object(node, "apps/v1", "Deployment") == {
        "type": "object",
        "properties": {
            "apiVersion": {"enum": ["apps/v1"]},
            "kind": {"enum": ["Deployment"]},
            "metadata": METADATA,
            "spec": STRING,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
    }


def test_definitions_are_followed_through_each_other_even_in_a_circle() -> None:
    definitions: dict[str, Schema] = {
        "B": {"$ref": "#/definitions/C"},
        "C": {"items": {"$ref": "#/definitions/B"}},
        "Unused": STRING,
    }
    assert [*referenced([{"$ref": "#/definitions/B"}], definitions)] == ["B", "C"]


def test_a_custom_resource_is_checked_at_its_storage_version() -> None:
    versions = [
        {"name": "v1", "storage": True, "schema": {"openAPIV3Schema": {"properties": {"new": STRING}}}},
        {
            "name": "v1alpha1",
            "storage": False,
            "schema": {"openAPIV3Schema": {"properties": {"old": STRING}}},
        },
    ]
    spec = {"group": "example.com", "names": {"kind": "Thing"}, "versions": versions}
    path, schema = custom_object({"spec": spec})
    assert path == "example.com/thing-v1.json"
    assert [*schema["properties"]] == ["new", "apiVersion", "kind", "metadata"]


def test_an_object_refers_to_the_definitions_of_its_folder() -> None:
    definitions = {"B": {"$ref": "#/definitions/C"}, "C": STRING}
    files = strict_files("custom", {"a/b-v1.json": {"$ref": "#/definitions/B"}}, definitions)
    assert files == {
        "custom/a/b-v1.json": '{"$ref":"../definitions.json#/definitions/B"}\n',
        "custom/definitions.json": '{"definitions":{"B":{"$ref":"#/definitions/C"},"C":{"type":"string"}}}\n',
    }
