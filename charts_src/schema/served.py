"""Which resources an API server serves, read from the paths of its OpenAPI description."""

import re
from collections import defaultdict
from collections.abc import Iterable

_RESOURCE = re.compile(
    r"/apis?/(?:(?P<group>[a-z0-9.-]+)/)?v\d[a-z0-9]*/(?:namespaces/\{namespace\}/)?"
    r"(?P<plural>[a-z]+)(?:/\{name\}(?:/(?P<sub>[a-z]+))?(?:/\{path\})?)?"
)


def served(paths: Iterable[str]) -> dict[str, set[str]]:
    """Give the resources of each API group ("" is the core group) as roles name them: pods, pods/log.

    Source of the form: Kubernetes API concepts, "Resource URIs".
    """
    found: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        if match := _RESOURCE.fullmatch(path):
            plural = match["plural"] + (f"/{match['sub']}" if match["sub"] else "")
            found[match["group"] or ""].add(plural)
    return dict(found)
