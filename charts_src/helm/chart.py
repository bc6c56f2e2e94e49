"""One chart: what was learned of a component, as the files that Helm reads."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

from charts_src.emit import emit
from charts_src.helm.fields import MISSING, Data, Where, lookup, plain
from charts_src.helm.learn import Learned, Pattern, has_entries
from charts_src.helm.readme import readme
from charts_src.helm.template import KEY, Decide, Digest, Entry, Fields, Items, Literal, Loop, Node, When
from charts_src.helm.values import Used, over, schema, values, values_file
from charts_src.helm.write import Writer
from charts_src.manifest import Component
from charts_src.model.base import KubernetesMinor
from charts_src.publish import Files

HELPERS = Path(__file__).parent / "helpers.tpl"
"""What the templates of every chart use; NAME stands for the chart's."""


class Chart(NamedTuple):
    """A chart, and what it follows."""

    name: str
    version: str
    files: Files
    fields: frozenset[Pattern]
    """Fields of the environment that are values."""
    known: dict[Pattern, list[Any]]
    """Field -> the values that it may have, for fields that may not have any."""
    optional: bool
    """Whether some environment is without it."""

    def to_json(self) -> str:
        """Write it, to be read by from_json."""
        fields = sorted(map(list, self.fields))
        known = [[list(field), values] for field, values in sorted(self.known.items())]
        return json.dumps(self._asdict() | {"fields": fields, "known": known})

    @classmethod
    def from_json(cls, text: str) -> "Chart":
        """Read what to_json wrote."""
        found = json.loads(text)
        fields = frozenset(map(tuple, found["fields"]))
        known = {tuple(field): values for field, values in found["known"]}
        return cls(found["name"], found["version"], found["files"], fields, known, found["optional"])


class Versions(NamedTuple):
    """Versions that a chart names."""

    chart: str
    app: str
    """That of the program that it installs."""


def chart(
    component: type[Component],
    learned: Learned,
    environments: Mapping[str, Data],
    versions: Versions,
    *,
    optional: bool,
) -> Chart:
    """Make the chart of a component from what was learned, with values for the environments that have it.

    The first of the environments gives the defaults.
    """
    used = Used(learned.node)
    _add_observed(used, environments)
    found = {name: values(data, used.fields) for name, data in environments.items()}
    default = next(iter(found.values()))
    files = {
        "Chart.yaml": emit(_about(component, versions)),
        "values.yaml": values_file(default, _notes(component, next(iter(found)))),
        "values.schema.json": json.dumps(schema(used, _names(environments, learned.left)), indent=2) + "\n",
        "README.md": readme(component, used, learned, default),
        "templates/NOTES.txt": _after(component),
    }
    files |= {f"values/{name}.yaml": emit(over(default, each)) for name, each in found.items()}
    files |= _templates(component.name, learned, environments)
    return Chart(component.name, versions.chart, files, frozenset(used.fields), used.known, optional)


def _add_observed(used: Used, environments: Mapping[str, Data]) -> None:
    """Have a field that may not have any value take those of the environments, wherever it is used."""
    for at, values_ in used.known.items():
        for data in environments.values():
            for where in _places(data, at):
                if (value := plain(lookup(data, where))) is not MISSING and value not in values_:
                    values_.append(value)


def _names(environments: Mapping[str, Data], left: frozenset[Pattern]) -> dict[Pattern, list[str]]:
    """Give the entries that collections have, where which there are is no value."""
    found: dict[Pattern, list[str]] = {}
    for one in left:
        for data in environments.values():
            for where in _places(data, one):
                if has_entries(where):
                    found[one] = sorted({*found.get(one, ()), *lookup(data, where)})
    return found


def _notes(component: type[Component], env: str) -> str:
    return f"Values of {component.name}, as environment {env} has them; those of others are in values/."


def _about(component: type[Component], versions: Versions) -> dict[str, Any]:
    first = (inspect.getdoc(component) or "").partition("\n")[0]
    return {
        "apiVersion": "v2",
        "name": component.name,
        "description": first,
        "type": "application",
        "version": versions.chart,
        "appVersion": versions.app,
        "kubeVersion": f">={min(get_args(KubernetesMinor))}.0-0",
    }


def _after(component: type[Component]) -> str:
    return f"{component.name} {{{{ .Chart.AppVersion }}}} is installed as release {{{{ .Release.Name }}}}.\n"


def _templates(name: str, learned: Learned, environments: Mapping[str, Data]) -> Files:
    """Write a template for each object, or for each collection of objects."""
    entries = learned.node.entries
    files: Files = {}
    shared = _shared(name, entries)
    writer = Writer(name, shared)
    for each, file in zip(entries, _file_names(entries), strict=True):
        if isinstance(each, Entry) and isinstance(each.node, Literal) and _is_definition(each.node):
            files[f"crds/{file}"] = emit(each.node.value)
        elif isinstance(each, Loop):
            files[f"templates/{file}"] = writer.head() + writer.loop(each, "")
        else:
            owner = each.key.value if isinstance(each.key, Literal) else ""
            head = "" if isinstance(each.node, Literal) else writer.head()
            files[f"templates/{file}"] = head + writer.whole(owner, each.node)
    if any(path.startswith("templates/") for path in files):
        decisions = _decisions(learned, environments)
        files["decisions.json"] = json.dumps(decisions, indent=1, sort_keys=True) + "\n"
        texts = "".join(_text(writer, name, entries, *each) for each in shared.items())
        helpers = HELPERS.read_text(encoding="utf-8").replace("NAME", name)
        files["templates/_helpers.tpl"] = helpers + texts + writer.held()
    return files


def _is_definition(node: Literal) -> bool:
    """Say whether an object is a CRD. No field changes any, and Helm's crds/ has no actions."""
    return bool(node.value["kind"] == "CustomResourceDefinition")


def _file_names(entries: Sequence[Entry | Loop]) -> list[str]:
    """Name each template as the rendered file of the object is, a loop after its collection."""
    names: list[str] = []
    for each in entries:
        if isinstance(each, Loop):
            names.append(f"{each.name.replace('_', '-')}.yaml")
        elif isinstance(each.key, Literal):
            names.append(file_name(str(each.key.value)))
        else:
            names.append(f"{kind_of(each.node).lower()}.yaml")
    return [name if names.count(name) == 1 else f"{index}-{name}" for index, name in enumerate(names)]


def file_name(identity: str) -> str:
    """Name a file after an object, given as 'Kind namespace/name' or 'Kind name'."""
    return re.sub("[ /:]", "-", identity).lower() + ".yaml"


def kind_of(node: Node) -> str:
    """Give the kind of an object, from its template."""
    match node:
        case Literal(value):
            return str(value["kind"])
        case When(_, then):
            return kind_of(then)
        case Decide(cases, _):
            return kind_of(cases[0][1])
        case Fields(entries):
            for each in entries:
                if isinstance(each, Entry) and each.key == Literal("kind") and isinstance(each.node, Literal):
                    return str(each.node.value)
    return "objects"


def _shared(name: str, entries: Sequence[Entry | Loop]) -> dict[tuple[str, str], str]:
    """Name the texts that have a digest somewhere."""
    found = dict.fromkeys((digest.source, key) for digest in _digests(entries) for key in digest.keys)
    return {(source, key): f"{name}.text.{source.rpartition('/')[2]}.{key}" for source, key in found}


def _digests(entries: Sequence[Entry | Loop]) -> Iterator[Digest]:
    for each in entries:
        yield from _digests(each.body) if isinstance(each, Loop) else _digests_of(each.node)


def _digests_of(node: Node) -> Iterator[Digest]:
    match node:
        case Literal(Digest() as digest):
            yield digest
        case When(_, then):
            yield from _digests_of(then)
        case Decide(cases, other):
            for _, then in cases:
                yield from _digests_of(then)
            if other is not None:
                yield from _digests_of(other)
        case Fields(entries) | Items(entries):
            yield from _digests(entries)


def _text(writer: Writer, name: str, entries: Sequence[Entry | Loop], at: tuple[str, str], label: str) -> str:
    """Write a text as a template of its own, so that its digest can be taken."""
    source, key = at
    found = next(each for each in entries if isinstance(each, Entry) and each.key == Literal(source))
    start = f'{{{{ define "{label}" }}}}{{{{ $values := include "{name}.values" . | fromJson }}}}'
    return f"{start}{writer.text(_inside(found.node, ('data', key)))}{{{{ end }}}}\n"


def _inside(node: Node, path: Sequence[str]) -> Node:
    """Give the template of a field of an object."""
    for index, key in enumerate(path):
        if isinstance(node, When):
            node = node.then
        if isinstance(node, Literal):
            return Literal(lookup(node.value, tuple(path[index:])))
        node = next(
            each.node for each in _fields(node) if isinstance(each, Entry) and each.key == Literal(key)
        )
    return node


def _fields(node: Node) -> tuple[Entry | Loop, ...]:
    if not isinstance(node, Fields):
        raise TypeError(node)
    return node.entries


def _decisions(learned: Learned, environments: Mapping[str, Data]) -> dict[str, dict[str, str]]:
    """Give what each environment decides where the chart has no value, as JSON, by path."""
    return {name: dict(_decided(data, learned.left)) for name, data in environments.items()}


def _decided(data: Data, left: frozenset[Pattern]) -> Iterator[tuple[str, str]]:
    for one in sorted(left):
        for where in _places(data, one):
            value = lookup(data, where)
            if value is not MISSING:
                shown = sorted(value) if has_entries(where) else plain(value)
                text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                yield "/".join(map(str, where)), text


def _places(data: Data, one: Pattern) -> Iterator[Where]:
    """Give the places of a field: down to a list, which is compared as a whole; of names of entries, none."""
    if KEY in one:
        return
    found: list[Where] = [()]
    for part in one:
        if part == "*":
            if not isinstance(lookup(data, found[0]) if found else None, Mapping):
                break
            found = [(*where, key) for where in found for key in lookup(data, where)]
        else:
            found = [(*where, part) for where in found]
    yield from found
