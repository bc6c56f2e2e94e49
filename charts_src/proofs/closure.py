"""Reference closure: whatever an object names is rendered, made by a controller, or declared as outside.

Each missing thing gives one failure, however many objects name it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from charts_src.model import Environment
from charts_src.objects import Identity
from charts_src.proofs import ports, selectors
from charts_src.proofs.outside import provider
from charts_src.proofs.tree import Failure, Objects
from charts_src.references import Summary, summarise
from charts_src.schema.sources import BUILT_IN_KINDS

_BUILT_IN_GROUPS = frozenset(version.rpartition("/")[0] for version, _ in BUILT_IN_KINDS)

_SHOWN = 3
"""Referrers that a failure names; the rest are counted."""


def unresolved(
    objects: Objects, env: Environment, summaries: Sequence[Summary] | None = None
) -> list[Failure]:
    """Find every name that leads nowhere, sorted; `summaries` are those of the objects, where known."""
    summaries = summaries or [summarise(body) for body in objects.values()]
    missing = _missing_objects(summaries, env)
    return sorted(
        [
            *(_missing(target, places) for target, places in missing.items()),
            *_undefined_kinds(summaries, missing),
            *ports.unresolved(objects),
            *selectors.unresolved(objects, lost=frozenset((each.kind, each.namespace) for each in missing)),
        ]
    )


def _missing_objects(summaries: Iterable[Summary], env: Environment) -> dict[Identity, list[str]]:
    """Give each object that is named and not there, with the places that name it."""
    known = {item.identity for item in summaries} | {made for item in summaries for made in item.makes}
    referrers: dict[Identity, list[str]] = defaultdict(list)
    for item in summaries:
        for reference in item.references:
            if reference.target not in known and provider(reference.target, env) is None:
                referrers[reference.target].append(f"{item.identity} ({reference.path})")
    return referrers


def _missing(target: Identity, places: list[str]) -> Failure:
    remedy = "render it, or say in charts_src/proofs/outside.py who provides it"
    return Failure(str(target), f"is named by {_shortened(places)}, but not there; {remedy}")


def _undefined_kinds(summaries: Iterable[Summary], missing: Iterable[Identity]) -> Iterator[Failure]:
    """Find custom resources whose definition is not rendered; one that is missing by name adds nothing."""
    reported = {each.name for each in missing if each.kind == "CustomResourceDefinition"}
    defined = {(each.group, each.kind) for item in summaries for each in item.provides}
    users: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item in summaries:
        group, kind = item.identity[:2]
        if group not in _BUILT_IN_GROUPS and (group, kind) not in defined:
            users[group, kind].append(str(item.identity))
    for (group, kind), names in users.items():
        if any(name.endswith(f".{group}") and name.startswith(kind.lower()) for name in reported):
            continue
        yield Failure(
            f"CustomResourceDefinition of {kind}.{group}",
            f"is needed by {_shortened(names)}, but not there; render it",
        )


def _shortened(places: list[str]) -> str:
    shown = ", ".join(sorted(places)[:_SHOWN])
    return shown + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")
