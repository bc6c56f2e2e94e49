"""One component of one environment, rendered: from constructs to checked, annotated, named text."""

from collections import Counter
from typing import NamedTuple

from cdk8s import App

from charts_src.emit import emit
from charts_src.errors import UserError
from charts_src.lib.iam import PodIdentity
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body, Identity
from charts_src.policy import violations
from charts_src.policy.images import foreign
from charts_src.publish import Files
from charts_src.references import Summary, summarise
from charts_src.schema import store
from charts_src.waves import annotate


class Unit(NamedTuple):
    """What a component renders to in an environment."""

    files: Files
    """File name in the component's folder -> YAML text."""
    summaries: tuple[Summary, ...]
    """What each object is and refers to, in the order of `files`."""
    versions: dict[str, str]
    """Upstream program -> version."""
    identities: tuple[PodIdentity, ...] = ()
    """What its ServiceAccounts may do in AWS."""


def composed(component: type[Component], env: Environment) -> Component:
    """Compose one component, without checking it."""
    return component(App(), env)


def build(component: type[Component], env: Environment) -> Unit:
    """Render one component. Raises UserError for objects that no schema or policy admits."""
    chart = composed(component, env)
    plain = sorted(chart.objects(), key=Identity.of)
    summaries = tuple(map(summarise, plain))
    bodies = annotate(plain, summaries)
    problems = [
        f"{component.name}: {Identity.of(body)}: {problem}"
        for body in bodies
        for problem in (*_misfits(body, env), *violations(body), *foreign(body, env))
    ]
    if problems:
        raise UserError("\n".join(problems))
    names = file_names([Identity.of(body) for body in bodies])
    files = {name: emit(body) for name, body in zip(names, bodies, strict=True)}
    return Unit(files, summaries, chart.versions(), tuple(chart.pod_identities()))


def _misfits(body: Body, env: Environment) -> list[str]:
    """Check a body against its schema; a CRD is upstream's, pinned by checksum, and large."""
    return [] if body["kind"] == "CustomResourceDefinition" else store.problems(body, env.kubernetes)


def file_names(identities: list[Identity]) -> list[str]:
    """Name each object's file <kind>-<name>.yaml, with its namespace or group where two would be the same.

    Raises UserError when two objects would still share a file.
    """
    short = [_file_name(identity.kind, identity.name) for identity in identities]
    shared = {name for name, count in Counter(short).items() if count > 1}
    names = [
        _file_name(identity.kind, *_qualifier(identity, identities), identity.name)
        if name in shared
        else name
        for name, identity in zip(short, identities, strict=True)
    ]
    for name, count in Counter(names).items():
        if count > 1:
            twins = [
                str(identity) for identity, other in zip(identities, names, strict=True) if other == name
            ]
            raise UserError(f"{name}: would hold {' and '.join(twins)}; rename one of them")
    return names


def _qualifier(identity: Identity, identities: list[Identity]) -> tuple[str, ...]:
    groups = {
        other.group for other in identities if (other.kind, other.name) == (identity.kind, identity.name)
    }
    return (identity.namespace,) if len(groups) == 1 else (identity.group or "core", identity.namespace)


def _file_name(*parts: str) -> str:
    """Join the parts as a file name that every file system takes."""
    return "-".join(filter(None, parts)).lower().replace(":", "-") + ".yaml"
