"""Images and versions that a pull request raises or lowers, over all environments."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import yaml

from charts_src.diff.summary import title
from charts_src.publish import Files
from charts_src.review.effects.versions import Bump, field_bumps, image_bumps
from charts_src.review.page import Section, Table, Text
from charts_src.review.sides import Pair

_DIGEST: Final = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")


class Raised(NamedTuple):
    """A row of the table: something that goes from one version to another, wherever that is."""

    what: str
    old: str
    new: str
    objects: tuple[str, ...]
    """Those that name it, as kubectl does; none where only the component is known to be of a release."""
    components: tuple[str, ...]
    environments: tuple[str, ...]


class _Seen(NamedTuple):
    environment: str
    component: str
    object: str
    """"" for the release of a component."""


def bumps(pairs: Sequence[Pair]) -> list[Raised]:
    """Give every version that changes, once for each old and new one, sorted."""
    found: dict[Bump, set[_Seen]] = defaultdict(set)
    for pair in pairs:
        for bump, seen in (*_named(pair), *_releases(pair)):
            found[bump].add(seen)
    return [_row(bump, found[bump]) for bump in sorted(found)]


def section(pairs: Sequence[Pair]) -> Section:
    """Show the table of all versions that change."""
    rows = bumps(pairs)
    if not rows:
        return Section("Version bumps", (Text("No image or version changes."),))
    header = ("what", "from", "to", "objects", "components", "environments")
    shown = tuple(
        (
            row.what,
            _shortened(row.old),
            _shortened(row.new),
            str(len(row.objects)),
            ", ".join(row.components),
            ", ".join(row.environments),
        )
        for row in rows
    )
    return Section("Version bumps", (Table(header, shown, numbers=(3,)),))


def _named(pair: Pair) -> Iterator[tuple[Bump, _Seen]]:
    for change in pair.changes:
        seen = _Seen(pair.name, change.component, title(change.identity))
        for bump in (*image_bumps(change.fields), *field_bumps(change.identity.kind, change.fields)):
            yield bump, seen


def _releases(pair: Pair) -> Iterator[tuple[Bump, _Seen]]:
    old, new = _provenance(pair.old.files), _provenance(pair.new.files)
    for component in sorted(old.keys() & new.keys()):
        before, after = old[component], new[component]
        for name in sorted(before.keys() & after.keys()):
            if before[name] != after[name]:
                bump = Bump(f"release of {name}", str(before[name]), str(after[name]))
                yield bump, _Seen(pair.name, component, "")


def _provenance(files: Files) -> dict[str, dict[str, Any]]:
    """Read the upstream releases of each component."""
    content = yaml.load(files.get("provenance.yaml", ""), yaml.CSafeLoader) or {}
    return {name: each["versions"] for name, each in content.get("components", {}).items()}


def _row(bump: Bump, seen: set[_Seen]) -> Raised:
    return Raised(
        *bump,
        objects=tuple(sorted(f"{each.environment}: {each.object}" for each in seen if each.object)),
        components=tuple(sorted({each.component for each in seen})),
        environments=tuple(sorted({each.environment for each in seen})),
    )


def _shortened(version: str) -> str:
    return _DIGEST.sub(r"\1…", version)
