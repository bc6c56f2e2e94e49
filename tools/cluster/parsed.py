"""Objects read from YAML; what takes long to parse is kept below .cache.

To parse the tree of an environment takes seconds, and most of them go to its CustomResourceDefinitions, which
are alike in all environments.
"""

import json
from functools import cache

import yaml

from charts_src import CACHE
from charts_src import cache as kept
from charts_src.fingerprint import of_text
from charts_src.objects import Body

LARGE = 20_000
"""Characters of an object from which on it is kept."""


@cache
def parsed(text: str) -> Body:
    """Parse an object, once for all processes if it is large; nobody may change it."""
    if len(text) < LARGE:
        return load(text)
    path = CACHE / "parsed" / of_text(text)
    found = kept.read(path)
    if found is None:
        found = json.dumps(load(text))
        kept.write(path, found)
    body: Body = json.loads(found)
    return body


def load(text: str) -> Body:
    """Parse an object."""
    body: Body = yaml.load(text, yaml.CSafeLoader)
    return body
