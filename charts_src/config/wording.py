"""What pydantic finds, in our words: what is wrong with the value, and what to write instead."""

import re
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from charts_src.config.complaints import Where, shown
from charts_src.config.sections import fields_at

_KINDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
    type(None): "no value",
}

_WANTED = {
    "int_type": "write a whole number, such as 2",
    "float_type": "write a number, such as 0.5",
    "bool_type": "write true or false",
    "string_type": "write text",
    "model_type": "write `key: value` lines below it",
    "dict_type": "write `key: value` lines below it",
    "tuple_type": "write one item per line below it, each after `- `",
}
"""Error type of a wrong type -> what to write."""

_LIMITS = {
    "greater_than_equal": "is too small; write {ge} or more",
    "greater_than": "is too small; write more than {gt}",
    "less_than_equal": "is too large; write {le} or less",
    "less_than": "is too large; write less than {lt}",
    "string_too_short": "is too short; write at least {min_length} characters",
    "string_too_long": "is too long; write at most {max_length} characters",
    "form": "does not fit; {words}",
    "value_error": "{error}",
}
"""Error type of a value out of limits -> what to say after the value, with fields of the error's context."""

_NUMERALS = {
    "int_type": r"-?[0-9]{1,15}",
    "float_type": r"-?[0-9]{1,15}(\.[0-9]+)?",
    "bool_type": "true|false",
}
"""Error type of a wrong type -> text that is right but for its quotes."""


def wording(error: ErrorDetails, where: Where, written: str) -> str:
    """Put one error in words; `written` is the number or boolean at `where` as the file has it, or ""."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key; {_known(where)}"
    if kind == "missing":
        return f"is missing; add it: {_description(where)}"
    if kind in ("too_short", "too_long"):
        return _length(context)
    if kind in ("form", "literal_error", "string_pattern_mismatch") and not isinstance(value, str):
        numbers = kind == "literal_error" and "'" not in str(context["expected"])
        kind = kind if numbers else "string_type"
    if kind in _WANTED:
        return _wrong_type(kind, value, written or shown(value))
    return f"{written or shown(value)} {_misfit(error, where)}"


def _misfit(error: ErrorDetails, where: Where) -> str:
    """Say why a value of the right type does not fit."""
    context = error.get("ctx", {})
    if error["type"] == "literal_error":
        return _choice(str(error["input"]), str(context["expected"]))
    if error["type"] == "string_pattern_mismatch":
        return f"does not fit; write: {_description(where)}"
    if error["type"] in _LIMITS:
        return _LIMITS[error["type"]].format(**context)
    return f"does not fit: {error['msg']}"


def _wrong_type(kind: str, value: Any, found: str) -> str:
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f'{found} is {_KINDS[type(value)]}; quote it: "{found}"'
    if kind in _NUMERALS and isinstance(value, str) and re.fullmatch(_NUMERALS[kind], value):
        return f"{found} is text; write {value} without quotes"
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"{found} is no whole number; write {int(value)}"
    return f"{found} is {_KINDS[type(value)]}; {_WANTED[kind]}"


def _choice(value: str, expected: str) -> str:
    options = re.findall("'([^']*)'", expected) or re.findall("[0-9]+", expected)
    close = get_close_matches(value, options, n=1, cutoff=0.8)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"is not offered; {hint}write one of: {', '.join(options)}"


def _length(context: dict[str, Any]) -> str:
    if "min_length" in context and context["actual_length"] < context["min_length"]:
        return f"has {context['actual_length']} items; write at least {context['min_length']}"
    return f"has {context['actual_length']} items; write at most {context['max_length']}"


def _known(where: Where) -> str:
    """Suggest a key of the section, or list them all."""
    fields = fields_at(where[:-1])
    close = get_close_matches(str(where[-1]), fields, n=1)
    return f"did you mean {close[0]}?" if close else f"the keys here are {', '.join(fields)}"


def _description(where: Where) -> str:
    """Give the first sentence about the field that a path leads to or into."""
    if isinstance(where[-1], int):
        return _description(where[:-1])
    field = fields_at(where[:-1]).get(where[-1])
    sentence = " ".join((field.description or "").split()) if field else ""
    return sentence.partition(". ")[0].removesuffix(".") or "a value of another form"
