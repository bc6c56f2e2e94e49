"""Write one Kubernetes object as canonical YAML: equal objects give equal text, all readers read it alike.

YAML readers disagree on an unquoted `on`, `1e3`, `0o17`, `1:30` or `2026-01-01`: PyYAML follows 1.1, Go's
sigs.k8s.io/yaml (kubectl, Argo CD, kubeconform) mixes 1.1 and 1.2. So a string stays unquoted only if neither
can take it for anything else. Measured with PyYAML 6.0.3 and sigs.k8s.io/yaml v1.6.0.
"""

import re
from decimal import Decimal
from functools import lru_cache
from json import JSONEncoder
from math import isfinite
from textwrap import indent
from typing import Any

_TOP = {"apiVersion": 0, "kind": 1, "metadata": 2}

# Characters a reviewer cannot see, that reorder text, or that some reader takes for a line break or refuses:
# controls, DEL, C1 with NEL, no-break space, soft hyphen, zero-width and bidirectional marks, U+2028/2029,
# surrogates, variation selectors, byte order mark, specials, tags. TAB and line feed are judged separately.
_UNSEEN = (
    r"\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u061c\u115f\u1160\u1680\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff"
)
_UNSEEN_CHAR = re.compile(rf"[{_UNSEEN}]")

_PLAIN = re.compile(
    rf"""
    (?! (?ai: y|n|yes|no|on|off|true|false|null ) \Z )   # booleans and null of YAML 1.1
    (?! .* (?: : (?: \ | \Z ) | \ (?: \# | \Z ) ) )       # `: `, ` #`, a colon or blank at the end
    (?: (?: --? | \.\.?/ )? [A-Za-z/$(^]                 # a word, a path, -flag, --flag
      | [0-9] (?= .* [g-nq-su-wyG-NQ-SU-WY/] )           # 100m, 16Gi, 10.0.0.0/16: not in any number or time
      | [0-9]+ (?= (?: \.[0-9]+ ){{2,}} \Z )             # 1.34.2, 10.0.0.1
    )
    [^\t\n{_UNSEEN}]* \Z
    """,
    re.VERBOSE,
)

_json = JSONEncoder(ensure_ascii=False).encode  # a JSON string is a YAML string, but for _UNSEEN

# libyaml and go-yaml look for the colon of `key: value` only so far, in characters.
_LONGEST_KEY = 1000


def emit(body: Any) -> str:
    """Return `body` as canonical YAML text that ends with one newline.

    `body` is made of exactly dict (with str keys), list, str, int, float, bool and None. Keys are sorted by
    code point, except that a top-level apiVersion, kind and metadata come first. Sequences start at their
    key's indent, as kubectl prints them. Strings are plain, double-quoted, or a `|` block where that shows
    every character (so a text that ends in several line feeds is quoted). Lines are never folded. Numbers
    are written with all their digits, without exponent.

    Raises TypeError for any other type of value or key (tuples and sets too), ValueError for a float that is
    not finite and for a lone surrogate. The message starts with the path, as in `.spec.tolerations[0].key`.
    """
    lines: list[str] = []
    if type(body) is dict and body:
        _mapping(body, sorted(_keys(body), key=lambda key: _TOP.get(key, len(_TOP))), "", lines)
    elif type(body) is list and body:
        _sequence(body, "", lines)
    else:
        lines.append(_scalar(body, ""))
    return "\n".join(lines) + "\n"


def _keys(body: dict[str, Any]) -> list[str]:
    if {*map(type, body)} != {str}:
        raise TypeError(f": a key is not a string: {next(key for key in body if type(key) is not str)!r}")
    return sorted(body)


def _mapping(body: dict[str, Any], keys: list[str], pad: str, lines: list[str]) -> None:
    for key in keys:
        value = body[key]
        kind = type(value)
        try:
            head = pad + _key(key, pad)
            if kind is dict and value:
                lines.append(head)
                _mapping(value, _keys(value), pad + "  ", lines)
            elif kind is list and value:
                lines.append(head)
                _sequence(value, pad, lines)
            else:
                lines.append(f"{head} {_scalar(value, pad)}")
        except (TypeError, ValueError) as fault:
            raise type(fault)(f".{key}{fault}") from None


def _sequence(items: list[Any], pad: str, lines: list[str]) -> None:
    inner = pad + "  "
    for index, item in enumerate(items):
        first = len(lines)
        try:
            if type(item) is dict and item:
                _mapping(item, _keys(item), inner, lines)
                lines[first] = f"{pad}- {lines[first][len(inner) :]}"
            elif type(item) is list and item:
                _sequence(item, inner, lines)
                lines[first] = f"{pad}- {lines[first][len(inner) :]}"
            else:
                lines.append(f"{pad}- {_scalar(item, pad)}")
        except (TypeError, ValueError) as fault:
            raise type(fault)(f"[{index}]{fault}") from None


def _key(key: str, pad: str) -> str:
    text = _one_line(key)
    return f"{text}:" if len(text) <= _LONGEST_KEY else f"? {text}\n{pad}:"


def _scalar(value: Any, pad: str) -> str:
    kind = type(value)
    if kind is str:
        return _block(value, pad + "  ") if "\n" in value and _is_clean(value) else _one_line(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is float:
        return _decimal(value)
    if value is None:
        return "null"
    if kind is dict or kind is list:  # an empty one: the callers unfold the others
        return str(value)
    raise TypeError(f": {kind.__name__} is not plain data; write dict, list, str, int, float, bool or None")


def _decimal(value: float) -> str:
    if not isfinite(value):
        raise ValueError(f": {value} is not a number that JSON and Kubernetes can hold")
    digits = format(Decimal(repr(value)), "f")
    return digits if "." in digits else digits + ".0"


@lru_cache(maxsize=2**16)
def _one_line(text: str) -> str:
    return text if _PLAIN.match(text) else _UNSEEN_CHAR.sub(_escape, _json(text))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(f": lone surrogate U+{code:04X} is not text")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _is_clean(text: str) -> bool:
    """Tell whether a block shows all of `text`: nothing invisible, not even at the ends of lines."""
    return not (
        text.startswith((" ", "\t", "\n"))
        or text.endswith((" ", "\t", "\n\n"))
        or " \n" in text
        or "\t\n" in text
        or _UNSEEN_CHAR.search(text)
    )


def _block(text: str, pad: str) -> str:
    return f"|\n{indent(text[:-1], pad)}" if text.endswith("\n") else f"|-\n{indent(text, pad)}"
