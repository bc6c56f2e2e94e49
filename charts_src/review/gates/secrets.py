"""Secrets that a change puts into Git; a finding names the place and never the value."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from charts_src.credentials import CREDENTIAL, OWNERS
from charts_src.diff.fields import MISSING
from charts_src.diff.parse import Hidden
from charts_src.objects import Identity
from charts_src.review.finding import Finding
from charts_src.review.gates.leaves import leaves
from charts_src.review.sides import Pair, Side

_GATE = "secrets"
_REMEDY = "revoke it, remove it from the branch's history too, and keep it in AWS Secrets Manager"

_ARGOCD: Final = "argocd.argoproj.io/secret-type"
_PUBLIC: Final = ("enableOCI", "name", "namespaces", "project", "server", "type", "url")
"""Keys with settings in Secrets by which Argo CD knows clusters and repositories (argo-cd v3.6.1,
util/db/cluster.go and util/db/repository_secrets.go).
"""

_NAME: Final = re.compile(r"(password|passwd|secret|token|api_?key|access_?key|private_?key)$", re.IGNORECASE)
"""What a variable or field with a secret is called."""

_VALUE: Final = re.compile(r"(?=[^ ]*[0-9])(?=[^ ]*[A-Za-z])[A-Za-z0-9+/=_-]{20,}")
"""A value that looks random: long, with digits and letters, of the alphabets of base64."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find lines, values of Secrets and variables that hold a secret and did not before."""
    yield from _lines(pair, pair.old.files, pair.new.files)
    yield from _lines(pair, pair.old.templates, pair.new.templates)
    for change in pair.changes:
        if change.status == "removed":
            continue
        if change.identity.kind == "Secret":
            yield from _values(pair, change.identity)
        elif change.status == "changed":
            for leaf in leaves(change):
                if _is_secret(leaf.path, leaf.new) and not _is_secret(leaf.path, leaf.old):
                    yield Finding(_GATE, change.identity, leaf.path, f"looks like a secret; {_REMEDY}")


def _lines(pair: Pair, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Finding]:
    names = {located.file: identity for identity, located in pair.new.objects.items()}
    for file, text in after.items():
        old = before.get(file, "")
        known = set(old.splitlines()) if text != old else set()
        for number, line in enumerate(text.splitlines() if text != old else (), 1):
            if line not in known and (match := CREDENTIAL.search(line)):
                subject = names.get(file, Identity("", "File", "", file))
                what = OWNERS[match.lastgroup or ""]
                yield Finding(_GATE, subject, f"line {number} of {file}", f"looks like {what}; {_REMEDY}")


def _values(pair: Pair, identity: Identity) -> Iterator[Finding]:
    """Compare the content of a Secret, which is hidden; the same content is none of this change."""
    before = _content(pair.old, identity)
    labels = pair.new.body(identity)["metadata"].get("labels") or {}
    public = _PUBLIC if _ARGOCD in labels else ()
    for path, value in _content(pair.new, identity).items():
        if value and before.get(path) != value and path.rpartition(".")[2] not in public:
            yield Finding(_GATE, identity, path, f"is a secret in Git; {_REMEDY}")


def _content(side: Side, identity: Identity) -> dict[str, object]:
    if identity not in side.objects:
        return {}
    body = side.body(identity)
    parts = {part: body[part] for part in ("data", "stringData") if isinstance(body.get(part), dict)}
    return {
        f"{part}.{key}": hidden.value if isinstance(hidden, Hidden) else hidden
        for part, content in parts.items()
        for key, hidden in content.items()
    }


def _is_secret(path: str, value: object) -> bool:
    """Say whether a variable or field that is named like a secret has a value that looks random."""
    if value is MISSING or not isinstance(value, str) or not _VALUE.fullmatch(value):
        return False
    named = re.search(r"env\[name=([^\]]+)\]\.value$", path) or re.search(r"([A-Za-z0-9_-]+)$", path)
    return bool(named and _NAME.search(named[1]) and re.search(r"[0-9].*[A-Z]|[A-Z].*[0-9]", value))
