"""Fields that differ between environments only in names, which are in many of them."""

import json
import re
from collections.abc import Sequence

from charts_src.compare.settings import Difference
from charts_src.diff.fields import MISSING, FieldChange

_SHORTEST = 5
"""Characters of a name: shorter texts, such as 1Gi, are amounts, and those are worth a look."""

_HASH = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")
"""Hash of a text that pods read, so that they restart when it changes."""


def names_of(keys: Sequence[Difference]) -> dict[str, str]:
    """Give the texts that stand for each other: what one environment and the other one have at a key."""
    return {
        each.one.value: each.other.value
        for each in keys
        if isinstance(each.one.value, str)
        and isinstance(each.other.value, str)
        and len(each.one.value) >= _SHORTEST
    }


def follows(field: FieldChange, names: dict[str, str]) -> bool:
    """Say whether the values of a field are the same but for names, or hashes."""
    if MISSING in (field.old, field.new):
        return False
    if all(isinstance(each, str) and _HASH.fullmatch(each) for each in (field.old, field.new)):
        return True
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" for name in longest_first)
    old = json.dumps(field.old, default=str)
    return re.sub(pattern, lambda match: names[match[0]], old) == json.dumps(field.new, default=str)
