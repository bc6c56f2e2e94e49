"""Plain scalars: only what every YAML reader reads alike has a type; anything that looks typed is refused.

YAML 1.1 (PyYAML) and YAML 1.2 (most editors) disagree about `no`, `010`, `1:30`, `1_000`, `1e3` and dates.
"""

import re
from typing import Any

import yaml

from charts_src.config.complaints import shown

_CONSTANTS = {"true": True, "false": False, "null": None}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_LONGEST_NUMBER = 15
"""Digits that a 64-bit float, which many JSON readers use for every number, keeps exactly."""

_NUMBER_1_2 = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
)
"""Numbers of YAML 1.2, https://yaml.org/spec/1.2.2/#1032-tag-resolution."""

_RESOLVER: Any = yaml.SafeLoader("")
_TAG = "tag:yaml.org,2002:"
_KINDS = {
    "bool": ("a boolean", ", or write true or false"),
    "int": ("a number", ", or write a plain decimal number"),
    "float": ("a number", ", or write a plain decimal number"),
    "null": ("nothing", ", or write null"),
    "timestamp": ("a date", ""),
}


class AmbiguousError(Exception):
    """A plain scalar that YAML readers read differently; the message says what to write instead."""


def plain_scalar(text: str) -> str | int | float | bool | None:
    """Read a scalar without quotes.

    Raises AmbiguousError.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    integer, decimal = _INTEGER.fullmatch(text), _DECIMAL.fullmatch(text)
    if (integer or decimal) and len(text) > _LONGEST_NUMBER:
        raise AmbiguousError("is too long for a number; quote it if it is text")
    if integer:
        return int(text)
    if decimal:
        return float(text)
    _require_text(text)
    return text


def _require_text(text: str) -> None:
    """Refuse what some reader takes for anything but text."""
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)).removeprefix(_TAG)
    if _NUMBER_1_2.fullmatch(text):
        tag = "float"
    if not text:
        raise AmbiguousError("has no value; write one, or null to remove what base.yaml sets")
    if tag != "str":
        kind, alternative = _KINDS.get(tag, ("special", ""))
        raise AmbiguousError(
            f"{text[:40]} is {kind} to some YAML readers; quote it: {shown(text)}{alternative}"
        )
