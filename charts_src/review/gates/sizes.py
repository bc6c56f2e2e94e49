"""Sizes beyond which a tool shows less, or refuses: diffs, applications, objects.

Sources: GitHub Docs, "Repository limits" (diff limits); argo-cd v3.6.1,
cmd/argocd-repo-server/commands/argocd_repo_server.go (max-combined-directory-manifests-size, 10M); Kubernetes
v1.34.4, apimachinery/pkg/api/validation/objectmeta.go (TotalAnnotationSizeLimitB) and api/core/v1/types.go
(MaxSecretSize, which holds for ConfigMaps too); etcd v3.6.8, server/etcdmain/help.go (max-request-bytes).
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Final, NamedTuple

import yaml

from charts_src.diff.parse import Loader
from charts_src.objects import Identity
from charts_src.review.finding import Finding
from charts_src.review.sides import Pair, Side

_GATE = "sizes"

DIFF_FILES: Final = 300
DIFF_LINES: Final = 20_000
DIFF_BYTES: Final = 1_000_000
_APPLICATION_BYTES: Final = 10_000_000
_ANNOTATION_BYTES: Final = 262_144
_CONTENT_BYTES: Final = 1_048_576
_REQUEST_BYTES: Final = 1_572_864

_LONG: Final = 2_000
"""Lines of a file beyond which its diff is counted without its order, which is much faster."""


class DiffSize(NamedTuple):
    """How large the diff of generated files is, as GitHub shows it: with three lines around each change."""

    files: int
    lines: int
    bytes: int

    def excesses(self) -> list[str]:
        """Say which limits of GitHub it is over."""
        found = (
            (self.files, DIFF_FILES, "files"),
            (self.lines, DIFF_LINES, "lines"),
            (self.bytes, DIFF_BYTES, "bytes"),
        )
        return [f"{number:,} {unit} of {most:,}" for number, most, unit in found if number > most]


def diff_size(pairs: Sequence[Pair]) -> DiffSize:
    """Measure the diff of all environments together."""
    sizes = [each for pair in pairs for each in _file_sizes(pair)]
    return DiffSize(len(sizes), sum(lines for lines, _ in sizes), sum(size for _, size in sizes))


def _file_sizes(pair: Pair) -> Iterator[tuple[int, int]]:
    for old, new in ((pair.old.files, pair.new.files), (pair.old.templates, pair.new.templates)):
        for path in {**old, **new}:
            if old.get(path) != new.get(path):
                yield _diff(old.get(path, ""), new.get(path, ""))


def _diff(old: str, new: str) -> tuple[int, int]:
    """Give lines and bytes of the diff of one file; without context if the file is long."""
    before, after = old.splitlines(), new.splitlines()
    if min(len(before), len(after)) > _LONG:
        gone, come = Counter(before), Counter(after)
        rows = [f"-{row}" for row in (gone - come).elements()] + [
            f"+{row}" for row in (come - gone).elements()
        ]
    else:
        rows = [*unified_diff(before, after, lineterm="")]
    return len(rows), sum(len(row.encode()) + 1 for row in rows)


def gate(pair: Pair) -> Iterator[Finding]:
    """Find applications and objects that become too large."""
    yield from _applications(pair)
    for change in pair.changes:
        if change.status != "removed":
            for message in _excesses(pair, change.identity):
                yield Finding(_GATE, change.identity, "", message)


def _applications(pair: Pair) -> Iterator[Finding]:
    before, after = _totals(pair.old), _totals(pair.new)
    for component, size in sorted(after.items()):
        if size > _APPLICATION_BYTES >= before.get(component, 0):
            identity = Identity("argoproj.io", "Application", "", component)
            message = (
                f"has {size:,} bytes of manifests, Argo CD reads {_APPLICATION_BYTES:,}; divide it in two"
            )
            yield Finding(_GATE, identity, "", message)


def _totals(side: Side) -> Counter[str]:
    totals: Counter[str] = Counter()
    for path, text in side.files.items():
        totals[path.partition("/")[0]] += len(text.encode())
    return totals


def _excesses(pair: Pair, identity: Identity) -> Iterator[str]:
    """Give the limits that an object is over and was not before."""
    located = pair.new.objects[identity]
    for name, most, remedy in _limits(pair.new, identity):
        size = _json_size(pair.new.files.get(located.file, ""), most)
        before = pair.old.objects.get(identity)
        if size > most and not (before and _json_size(pair.old.files.get(before.file, ""), most) > most):
            yield f"has {size:,} bytes, {name} is {most:,}; {remedy}"


def _limits(side: Side, identity: Identity) -> Iterator[tuple[str, int, str]]:
    if identity.kind in ("ConfigMap", "Secret"):
        yield f"the most of a {identity.kind}", _CONTENT_BYTES, "divide it in two"
    if not _applied_by_server(side, side.objects[identity].component):
        remedy = "add ServerSideApply=true to the application's syncOptions"
        yield "the most that fits into the annotation last-applied-configuration", _ANNOTATION_BYTES, remedy
    yield "the most of a request to etcd", _REQUEST_BYTES, "divide it, or shorten its descriptions"


def _applied_by_server(side: Side, component: str) -> bool:
    """Say whether objects of a component are applied server-side, as kubectl does with our bootstrap."""
    for identity, located in side.objects.items():
        if identity.kind == "Application" and identity.name == component:
            options = (located.body["spec"].get("syncPolicy") or {}).get("syncOptions") or ()
            return "ServerSideApply=true" in options
    return True


def _json_size(text: str, limit: int) -> int:
    """Give the bytes of a text of YAML as JSON, or more when even that is within the limit."""
    most = sum(len(line.lstrip()) for line in text.splitlines()) + _PUNCTUATION * text.count("\n")
    most += text.count('"') + text.count("\\")
    if most <= limit:
        return most
    body = yaml.load(text, Loader)  # noqa: S506 - safe loader
    return len(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode())


_PUNCTUATION: Final = 8
"""Quotes around a key and its value, a comma, and two brackets, at most on a line."""
