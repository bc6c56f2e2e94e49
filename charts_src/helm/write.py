"""A template as text: YAML with the actions of Helm in it."""

from collections.abc import Iterator, Sequence
from typing import Any

from charts_src.emit import emit
from charts_src.helm.expressions import expression, field, presence, printed, quoted, test
from charts_src.helm.fields import MISSING
from charts_src.helm.template import (
    Decide,
    Digest,
    Entry,
    Fields,
    Items,
    Lines,
    Literal,
    Loop,
    Node,
    Test,
    Text,
    Value,
    When,
    Yaml,
)

UNKNOWN = "no environment has this combination of values: render it, or ask for a chart that knows it"


class Writer:
    """Writes the templates of one chart."""

    def __init__(self, chart: str, shared: dict[tuple[str, str], str]) -> None:
        """Write for a chart; `shared` has the names of texts that other places need the digest of."""
        self._chart = chart
        self._shared = shared
        self._held: dict[str, Node] = {}

    def head(self) -> str:
        """Write what a template starts with."""
        return f'{{{{- $values := include "{self._chart}.values" . | fromJson }}}}\n'

    def whole(self, owner: str, node: Node) -> str:
        """Write one object, without what a template starts with."""
        lines = self._alternatives(node, lambda one: self._block(one, 0, owner))
        return "".join(f"{line}\n" for line in lines)

    def loop(self, loop: Loop, name: str) -> str:
        """Write objects of a collection, each with a line of hyphens before it."""
        lines = [self._range(loop)]
        for each in loop.body:
            if isinstance(each, Loop):
                lines.append(self.loop(each, name).rstrip("\n"))
            else:
                lines += self._alternatives(each.node, lambda node: ["---", *self._block(node, 0, name)])
        return "\n".join([*lines, "{{- end }}"]) + "\n"

    def text(self, node: Node) -> str:
        """Write a text as it is, for a template of its own."""
        match node:
            case Literal(value):
                return _escaped(str(value))
            case Text(parts):
                return f"{{{{ {printed(parts)} }}}}"
            case Lines(entries):
                return self._lines(entries, "").removesuffix("\n")
            case Value(ref):
                return f"{{{{ {field(ref)} }}}}"
            case Yaml():
                return f"{{{{ {self._yaml(node)} }}}}"
        raise TypeError(node)

    def held(self) -> str:
        """Write what texts of YAML hold, each as a template of its own."""
        return "".join(
            f'{{{{ define "{label}" }}}}{self.head()}{self.whole("", content)}{{{{ end }}}}\n'
            for label, content in self._held.items()
        )

    def _yaml(self, node: Yaml) -> str:
        """Write the text of what a template of its own gives, which `held` writes."""
        label = next((label for label, content in self._held.items() if content == node.content), "")
        label = label or f"{self._chart}.yaml.{len(self._held)}"
        self._held[label] = node.content
        return f'include "{label}" . | fromYaml | toYaml | printf "%s\\n"'

    def _block(self, node: Node, indent: int, owner: str) -> list[str]:
        """Write a map or list, a line each."""
        space = " " * indent
        match node:
            case Fields(entries):
                return self._entries(entries, lambda each: self._field(each, indent, owner))
            case Items(entries):
                return self._entries(entries, lambda each: self._item(each.node, indent, owner))
            case Literal(value):
                return [f"{space}{line}" if line else "" for line in _literal(value)]
            case Decide() | When():
                return self._alternatives(node, lambda one: self._block(one, indent, owner))
            case _:
                return [f"{space}{self._inline(node)}"]

    def _entries(self, entries: Sequence[Entry | Loop], write: Any) -> list[str]:
        lines: list[str] = []
        for each in entries:
            if isinstance(each, Loop):
                lines += [self._range(each), *self._entries(each.body, write), "{{- end }}"]
            else:
                lines += self._alternatives(each.node, lambda node, key=each.key: write(Entry(key, node)))
        return lines

    def _alternatives(self, node: Node, write: Any) -> list[str]:
        """Write what a decision decides on, once for each case."""
        match node:
            case When(there, then):
                return [f"{{{{- if {presence(there)} }}}}", *self._alternatives(then, write), "{{- end }}"]
            case Decide():
                cases, other = _flat(node)
                lines = []
                for number, (each, then) in enumerate(cases):
                    word = "else if" if number else "if"
                    lines += [f"{{{{- {word} {test(each)} }}}}", *self._alternatives(then, write)]
                if other is None:
                    lines.append(f"{{{{- else }}}}{{{{ fail {quoted(UNKNOWN)} }}}}")
                else:
                    lines += ["{{- else }}", *self._alternatives(other, write)]
                return [*lines, "{{- end }}"]
            case _:
                return list(write(node)) if not _missing(node) else []

    def _field(self, entry: Entry, indent: int, owner: str) -> list[str]:
        """Write a key and its value."""
        space, node, key = " " * indent, entry.node, entry.key
        if isinstance(key, Literal) and (shared := self._shared.get((owner, key.value))):
            return [f'{space}{_key(key)}: {{{{ include "{shared}" . | toRawJson }}}}']
        match node:
            case Literal(Digest()):
                return [f"{space}{_key(key)}: {self._inline(node)}"]
            case Literal(value) if isinstance(key, Literal):
                return [f"{space}{line}" if line else "" for line in _literal({key.value: value})]
            case Literal(value) if isinstance(value, dict | list) and value:
                return [f"{space}{_key(key)}:", *self._block(node, indent + 2, owner)]
            case Fields():
                return [f"{space}{_key(key)}:", *self._block(node, indent + 2, owner)]
            case Items():
                return [f"{space}{_key(key)}:", *self._block(node, indent, owner)]
            case Lines(entries):
                return [f"{space}{_key(key)}: {self._bar(node)}", *self._text(entries, indent + 2)]
            case _:
                return [f"{space}{_key(key)}: {self._inline(node)}"]

    def _item(self, node: Node, indent: int, owner: str) -> list[str]:
        space = " " * indent
        match node:
            case Literal(value):
                return [f"{space}{line}" if line else "" for line in _literal([value])]
            case Fields() | Items():
                lines = self._block(node, indent + 2, owner)
                if lines[0].startswith(f"{space}  ") and not lines[0].lstrip().startswith("{{-"):
                    return [f"{space}- {lines[0][indent + 2 :]}", *lines[1:]]
                return [f"{space}-", *lines]
            case Lines(entries):
                return [f"{space}- {self._bar(node)}", *self._text(entries, indent + 2)]
            case _:
                return [f"{space}- {self._inline(node)}"]

    def _inline(self, node: Node) -> str:
        match node:
            case Literal(Digest() as digest):
                return self._digest(digest)
            case Literal(value):
                return "".join(_literal(value))
            case Value(ref):
                return f"{{{{ {field(ref)} | toRawJson }}}}"
            case Text((one,), number=True) if not isinstance(one, str):
                return f"{{{{ {expression(one)} }}}}"
            case Text(parts):
                return f"{{{{ {printed(parts)} | toRawJson }}}}"
            case Yaml():
                return f"{{{{ {self._yaml(node)} | toRawJson }}}}"
        raise TypeError(node)

    def _digest(self, digest: Digest) -> str:
        texts = [f'(include "{self._shared[digest.source, key]}" .)' for key in digest.keys]
        return f"{{{{ print {' '.join(texts)} | sha256sum | trunc {digest.length} | toRawJson }}}}"

    def _range(self, loop: Loop) -> str:
        variables = f"${loop.name}_key, ${loop.name}" if loop.keyed else f"$_, ${loop.name}"
        return f"{{{{- range {variables} := {field(loop.collection)} }}}}"

    def _bar(self, node: Lines) -> str:
        """Write the head of a block of text, which says how deep its lines stand."""
        last = node.entries[-1]
        ended = isinstance(last, Entry) and last.node == Literal("")
        return "|2" if ended else "|2-"

    def _text(self, entries: Sequence[Entry | Loop], indent: int) -> list[str]:
        return self._lines(entries, " " * indent).removesuffix("\n").removesuffix("\n").split("\n")

    def _lines(self, entries: Sequence[Entry | Loop], space: str) -> str:
        """Write lines of a text. Actions remove no white space here, but stand before what they decide on."""
        return "".join(self._line(each, space) for each in entries)

    def _line(self, each: Entry | Loop, space: str) -> str:
        if isinstance(each, Loop):
            head = self._range(each).replace("{{-", "{{")
            return f"{head}{self._lines(each.body, space)}{{{{ end }}}}"
        return "".join(self._line_of(each.node, space))

    def _line_of(self, node: Node, space: str) -> Iterator[str]:
        match node:
            case When(there, then):
                yield f"{{{{ if {presence(there)} }}}}"
                yield from self._line_of(then, space)
                yield "{{ end }}"
            case Decide():
                cases, other = _flat(node)
                for number, (each, then) in enumerate(cases):
                    yield f"{{{{ {'else if' if number else 'if'} {test(each)} }}}}"
                    yield from self._line_of(then, space)
                yield "{{ else }}"
                if other is None:
                    yield f"{{{{ fail {quoted(UNKNOWN)} }}}}"
                else:
                    yield from self._line_of(other, space)
                yield "{{ end }}"
            case Literal(value) if not _missing(node):
                yield f"{space}{_escaped(str(value))}\n" if value else "\n"
            case Text(parts):
                yield space
                yield "".join(
                    _escaped(one) if isinstance(one, str) else f"{{{{ {_bare(one)} }}}}" for one in parts
                )
                yield "\n"
            case Value(ref):
                yield f"{space}{{{{ {field(ref)} }}}}\n"


def _flat(node: Decide) -> tuple[Sequence[tuple[Test, Node]], Node | None]:
    """Take decisions that are what else another decides into it."""
    cases, other = [*node.cases], node.other
    while isinstance(other, Decide):
        cases += other.cases
        other = other.other
    return cases, other


def _bare(one: Any) -> str:
    return printed((one,)) if not isinstance(one, str) else one


def _missing(node: Node) -> bool:
    return isinstance(node, Literal) and node.value is MISSING


def _key(key: Node | None) -> str:
    match key:
        case Literal(value):
            return emit({value: 0})[:-4]
        case Text(parts):
            return f"{{{{ {printed(parts)} | toRawJson }}}}"
        case Value(ref):
            return f"{{{{ {field(ref)} | toRawJson }}}}"
        case Decide():
            cases, other = _flat(key)
            words = (
                f"{{{{ {'else if' if number else 'if'} {test(each)} }}}}{_key(then)}"
                for number, (each, then) in enumerate(cases)
            )
            rest = f"{{{{ fail {quoted(UNKNOWN)} }}}}" if other is None else _key(other)
            return f"{''.join(words)}{{{{ else }}}}{rest}{{{{ end }}}}"
    raise TypeError(key)


def _literal(value: Any) -> list[str]:
    """Write a value as the rendered files have it."""
    return _escaped(emit(value).removesuffix("\n")).split("\n")


def _escaped(text: str) -> str:
    """Keep Helm from reading what looks like an action: that of Argo Workflows, Prometheus or Grafana."""
    return text.replace("{{", '{{ "{{" }}')
