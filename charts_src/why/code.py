"""Where in the source of a function a key gets its value."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from charts_src import ROOT
from charts_src.why.trace import Call

_SCOPES = (
    ast.FunctionDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


class Source(NamedTuple):
    """A line of a file of the repository."""

    file: str
    line: int

    def __str__(self) -> str:
        """Write it as file:line."""
        return f"{self.file}:{self.line}"


@cache
def parsed(file: str) -> ast.Module:
    """Read a module."""
    return ast.parse(Path(file).read_text(encoding="utf-8"))


def source(file: str, node: ast.AST) -> Source:
    """Say where a part of a module begins."""
    return Source(Path(file).relative_to(ROOT).as_posix(), int(getattr(node, "lineno", 1)))


def body_of(code: CodeType) -> ast.AST:
    """Give the function, or the comprehension, that a code object was made of."""
    for node in ast.walk(parsed(code.co_filename)):
        if isinstance(node, _SCOPES):
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(each.lineno for each in decorators)])
            if first == code.co_firstlineno and code.co_name in (getattr(node, "name", ""), _label(node)):
                return node
    return parsed(code.co_filename)


def _label(node: ast.AST) -> str:
    names = {ast.Lambda: "lambda", ast.GeneratorExp: "genexpr"}
    return f"<{names.get(type(node), type(node).__name__.lower())}>"


def call_at(call: Call) -> ast.Call | None:
    """Find the call that a function was in."""
    _, end_line, _, end_column = list(call.code.co_positions())[call.at // 2]
    for node in ast.walk(parsed(call.code.co_filename)):
        if isinstance(node, ast.Call) and (node.end_lineno, node.end_col_offset) == (end_line, end_column):
            return node
    return None


def values_of(key: str, scope: ast.AST, names: dict[str, Any]) -> Iterator[tuple[ast.expr, str]]:
    """Find what a piece of code gives a key, each with the key of the mapping around it.

    In displays of mappings, in keywords of calls, and in assignments to the key. Those that come last are
    what counts where a mapping is put over another.
    """
    for node, around in _within(scope, "", names):
        if isinstance(node, ast.Dict):
            for each, value in zip(node.keys, node.values, strict=True):
                if each is not None and _constant(each, names) == key:
                    yield value, around
        elif isinstance(node, ast.Call):
            yield from ((each.value, around) for each in node.keywords if each.arg == key)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and _constant(target.slice, names) == key:
                    yield node.value, around


def _within(node: ast.AST, around: str, names: dict[str, Any]) -> Iterator[tuple[ast.AST, str]]:
    """Give a piece of code and all in it, with the key under which each is."""
    yield node, around
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            below = _constant(key, names) if key is not None else around
            yield from _within(value, str(below), names)
        return
    inside = {id(each.value): each.arg for each in getattr(node, "keywords", ()) if each.arg}
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword):
            yield from _within(child.value, inside.get(id(child.value), around), names)
        else:
            yield from _within(child, around, names)


def _constant(node: ast.expr, names: dict[str, Any]) -> Any:
    """Give the value of a literal, or of a name of the module, or of one of a module that it imports."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(names.get(node.value.id), node.attr, None)
    return None


def argument(call: ast.Call, code: CodeType, name: str) -> ast.expr | None:
    """Give what a call hands over for a parameter of the function `code`."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    parameters = code.co_varnames[: code.co_argcount]
    if name not in parameters:
        return None
    index = parameters.index(name) - (parameters[0] == "self")
    usual = call.args[: index + 1]
    starred = any(isinstance(each, ast.Starred) for each in usual)
    return call.args[index] if index < len(call.args) and not starred else None
