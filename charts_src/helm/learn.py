"""Experiments with a component -> its template."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from charts_src.helm.cases import Case, collections_of, field
from charts_src.helm.experiments import Experiment, Objects
from charts_src.helm.explain import explained
from charts_src.helm.template import Digest, Node, Scope, Unknown, evaluate, same

_HEX = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")


def learn(found: Sequence[Experiment]) -> Node:
    """Find the template of a component's objects, a map of them by identity."""
    return explained([_case(each) for each in found])


def tried(node: Node, found: Sequence[Experiment]) -> Iterator[tuple[Experiment, bool]]:
    """Say for each experiment whether the template gives what it gave."""
    for each in found:
        try:
            given: Any = evaluate(node, Scope(each.data))
        except (Unknown, ValueError, TypeError, KeyError):
            given = None
        yield each, given is not None and _bodies(given) == _bodies(with_digests(each.objects))


def _bodies(objects: Objects) -> list[Any]:
    return sorted(objects.values(), key=lambda body: (body["kind"], str(body["metadata"])))


def _case(each: Experiment) -> Case:
    scope = Scope(each.data)
    detail = each.changed[0] if each.changed else ()
    changed = field(detail, scope, collections_of(each.data)) if detail else None
    return Case((each.base,), changed, detail, scope, with_digests(each.objects))


def with_digests(objects: Objects) -> Objects:
    """Put a Digest where an object has the hash of texts of another one."""
    known: dict[str, Digest] = {}
    for name, body in objects.items():
        texts = body.get("data") if body["kind"] == "ConfigMap" else None
        if isinstance(texts, dict):
            for keys in [*((key,) for key in texts), tuple(texts), tuple(sorted(texts))]:
                whole = "".join(str(texts[key]) for key in keys)
                known.setdefault(sha256(whole.encode()).hexdigest(), Digest(name, keys, 64))
    return {name: _replaced(body, known) for name, body in objects.items()}


def _replaced(tree: Any, known: dict[str, Digest]) -> Any:
    if isinstance(tree, dict):
        return {key: _replaced(item, known) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_replaced(item, known) for item in tree]
    if isinstance(tree, str) and _HEX.fullmatch(tree):
        found = next((each for digest, each in known.items() if digest.startswith(tree)), None)
        return found._replace(length=len(tree)) if found else tree
    return tree
