"""JSON Schema of environment files, for completion and checks while typing.

Draft 07, which yaml-language-server reads best. base.yaml and the file of an environment are each only a part
of what is merged, so no key is required, and null, which removes a key of base.yaml, is allowed wherever the
rest still makes an environment.
"""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from charts_src.model.environment import Environment

Schema = dict[str, Any]

_NULL = {"type": "null"}


class _Untitled(GenerateJsonSchema):
    """Leaves out titles that only repeat the key."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def editor_schema() -> str:
    """Write the schema that schemas/environment.schema.json holds."""
    schema = Environment.model_json_schema(ref_template="#/definitions/{model}", schema_generator=_Untitled)
    definitions = {name: _section(section) for name, section in schema.pop("$defs").items()}
    dialect = {"$schema": "http://json-schema.org/draft-07/schema#"}
    return json.dumps(dialect | _section(schema) | {"definitions": definitions}, indent=2) + "\n"


def _section(section: Schema) -> Schema:
    """Make every key of a section optional."""
    required = section.pop("required", ())
    properties = {
        name: _field(field, removable=name not in required) for name, field in section["properties"].items()
    }
    return section | {"properties": properties}


def _field(field: Schema, *, removable: bool) -> Schema:
    """Keep description and default out of the type: draft 07 ignores what stands beside a $ref."""
    notes = {key: field[key] for key in ("description", "default") if key in field}
    shape = {key: value for key, value in field.items() if key not in notes}
    choices = [_map(choice) for choice in shape.pop("anyOf", [shape]) if choice != _NULL]
    return notes | {"anyOf": [*choices, _NULL] if removable else choices}


def _map(shape: Schema) -> Schema:
    """Close a map to keys of another form, and let an environment remove its entries."""
    if "patternProperties" not in shape:
        return shape
    entries = {form: {"anyOf": [entry, _NULL]} for form, entry in shape["patternProperties"].items()}
    return shape | {"patternProperties": entries, "additionalProperties": False}
