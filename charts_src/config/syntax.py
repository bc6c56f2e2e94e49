"""What is wrong with a line that is no YAML, in words that need no knowledge of parsers."""

import yaml

from charts_src.config.complaints import Where

_ESCAPE = "has a backslash that YAML does not know; use single quotes"
_REMEDIES = {
    "while parsing a block mapping": "does not fit the section it is in; check its indentation and its colon",
    "while parsing a block collection": "does not fit the list it is in; check its indentation and its dash",
    "while parsing a flow mapping": "is in a {...} that is not closed or lacks a comma; close it",
    "while parsing a flow sequence": "is in a [...] that is not closed or lacks a comma; close it",
    "while scanning a simple key": "is no key with a value; write `key: value`",
    "while scanning a quoted scalar": "begins or contains a quote that is not closed; close it",
    "while scanning a double-quoted scalar": _ESCAPE,
    "while parsing a quoted scalar": _ESCAPE,
    "while scanning for the next token": "begins with a character that YAML reserves; quote the value",
    "mapping values are not allowed": "has a colon where no key can be; quote the value, or indent it right",
    "sequence entries are not allowed": "has a list item where none can be; begin a new line",
    "<document start>": "does not continue what is above it; check its indentation",
}
"""Words of libyaml and PyYAML about where and why they stopped -> what to say about the line."""


def explained(error: yaml.MarkedYAMLError) -> tuple[int, Where, str]:
    """Say what is wrong with a line: where an unclosed thing begins, or where a block goes astray."""
    words = f"{error.context} {error.problem}"
    marks = [error.problem_mark, error.context_mark]
    if "while parsing a block" not in words:
        marks.reverse()
    line = next((mark.line + 1 for mark in marks if mark), 0)
    unknown = "is not valid YAML; check its indentation, quotes and colons"
    return line, (), next((remedy for part, remedy in _REMEDIES.items() if part in words), unknown)
