"""Changes that the API server refuses: the object has to be deleted and made anew, or to get another name."""

from collections.abc import Iterator
from typing import NamedTuple

from charts_src.objects import Identity
from charts_src.review.effects.edit import Edit, edits
from charts_src.review.effects.kept_by_custom import CUSTOM
from charts_src.review.effects.kept_by_storage import STORAGE
from charts_src.review.effects.kept_by_workloads import WORKLOADS
from charts_src.review.effects.rule import Rule
from charts_src.review.sides import Pair

RULES = (*WORKLOADS, *STORAGE, *CUSTOM)
"""Every known field that can't be changed."""


class Replaced(NamedTuple):
    """An object with a change that is refused as long as the old object is there."""

    subject: Identity
    component: str
    fields: tuple[str, ...]
    """Paths of what can't be changed."""
    remedy: str
    source: str


def replaced(pair: Pair) -> list[Replaced]:
    """Give every object that has to be replaced, and how, in the order of the changes."""
    return [found for edit in edits(pair) for rule in RULES for found in _refused(edit, rule)]


def _refused(edit: Edit, rule: Rule) -> Iterator[Replaced]:
    if edit.subject.group != rule.group or edit.subject.kind not in rule.kinds:
        return
    refused = [
        change.path
        for field in rule.fields
        for change in edit.fields
        if change.path in edit.paths(field, but=rule.but) and rule.when(edit, field, change)
    ]
    if refused:
        remedy = rule.remedy.format(sync=_sync(edit), delete=_delete(edit.subject), name=edit.subject.name)
        yield Replaced(edit.subject, edit.component, tuple(refused), remedy, rule.source)


def _sync(edit: Edit) -> str:
    """Say how Argo CD replaces one object; Force=true alone means nothing to server-side apply."""
    group, kind, namespace, name = edit.subject
    where = f"{namespace}/{name}" if namespace else name
    return (
        f"argocd app sync {edit.component} --replace --force --resource {group}:{kind}:{where} "
        "(the sync options Replace=true and Force=true)"
    )


def _delete(subject: Identity) -> str:
    group, kind, namespace, name = subject
    kind = f"{kind.lower()}.{group}" if group else kind.lower()
    return f"kubectl delete {kind} {name}" + (f" --namespace {namespace}" if namespace else "")
