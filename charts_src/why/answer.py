"""Why a rendered field is what it is, in a few lines."""

import json
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from charts_src import ROOT, config, state
from charts_src.config.complaints import Where, dotted
from charts_src.errors import UserError
from charts_src.helm.fields import MISSING, lookup, plain
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import AWS_FOLDER, Body, Identity
from charts_src.registry import COMPONENTS
from charts_src.why import locate
from charts_src.why.address import at, nearest, steps, written
from charts_src.why.causes import Field, bodies, causes, enabling
from charts_src.why.decided import Files, decided, read
from charts_src.why.trace import trace

_FORM = "write it as rendered/prod/karpenter/deployment-karpenter.yaml:spec.replicas"


class _Place(NamedTuple):
    """A rendered file, taken apart."""

    name: str
    component: type[Component]
    file: str


def explain(address: str, tell: Callable[[int, int], None]) -> str:
    """Explain the field at `rendered/<environment>/<component>/<file>:<path of the field>`.

    `tell` takes how many experiments are done, and of how many. Raises UserError where there is no such
    file or field.
    """
    file, separator, path = address.partition(":")
    if not separator:
        raise UserError(f"{address or 'PATH'}: names no field; {_FORM}")
    found = steps(path)
    environments = config.load_all(state.ENVIRONMENTS)
    place = _place(file, environments)
    env = environments[place.name]
    body = _body(place, env)
    value = at(body, found)
    if value is MISSING:
        raise UserError(f"{file}: has no {written(found)}; {nearest(body, found)}")
    field = Field(place.component, str(Identity.of(body)), tuple(found))
    causal = causes(field, place.name, environments, tell)
    files = read(place.name)
    made = trace(place.component, env)
    lines = [
        f"{written(found)} = {_short(value)}",
        *_keys("comes from", causal.value, files, env),
        *([] if causal.value else ["  comes from  no key of the environment: a constant of the construct"]),
        *_keys("is there by", causal.presence, files, env),
        *_keys("enabled by", enabling(place.component, env), files, env),
        f"  written in  {locate.put(made, field.identity, found)}",
        f"  object in   {locate.created(made, field.identity)}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _keys(words: str, keys: Iterable[Where], files: Files, env: Environment) -> Iterable[str]:
    for where in keys:
        value = lookup(env.model_dump(), where)
        shown = "" if isinstance(value, dict) else f" = {_short(value)}"
        yield f"  {words:11} {dotted(where)}{shown}, {decided(files, env, where)}"


def _short(value: Any) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, default=str)
    return text if len(text) <= 100 else f"{text[:97]}..."


def _place(file: str, environments: Iterable[str]) -> _Place:
    """Find the component that a file is of."""
    path = Path(file)
    parts = (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).parts
    if parts[:1] != ("rendered",) or len(parts) != 4 or parts[2] == AWS_FOLDER:
        raise UserError(f"{file}: is no rendered file of a component; {_FORM}")
    _, name, component, text = parts
    if name not in environments:
        raise UserError(f"{file}: there is no environment {name}; {_meant(name, environments)}")
    known = {each.name: each for each in COMPONENTS}
    if component not in known:
        raise UserError(f"{file}: there is no component {component}; {_meant(component, known)}")
    return _Place(name, known[component], text)


def _body(place: _Place, env: Environment) -> Body:
    if not place.component.enabled(env):
        raise UserError(
            f"rendered/{place.name}/{place.component.name}: {place.name} does not have this component; "
            f"it depends on {', '.join(map(dotted, enabling(place.component, env)))}"
        )
    found = dict(bodies(place.component, env))
    if place.file not in found:
        raise UserError(
            f"rendered/{place.name}/{place.component.name}/{place.file}: is not rendered; "
            f"{_meant(place.file, found)}"
        )
    return found[place.file]


def _meant(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
