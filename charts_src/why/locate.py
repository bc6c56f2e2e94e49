"""The line of a construct that writes a field."""

import ast
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from charts_src import manifest, waves
from charts_src.helm.fields import MISSING
from charts_src.why.address import Step, at
from charts_src.why.code import Source, argument, body_of, call_at, parsed, source, values_of
from charts_src.why.trace import Call, Given, Trace


def created(found: Trace, identity: str) -> Source:
    """Say where a component adds an object."""
    return _line(found.added[identity].stack[0])


def put(found: Trace, identity: str, steps: Sequence[Step]) -> Source:
    """Say where the value of a field is written, as near as the code tells; at worst where the object is."""
    added = found.added[identity]
    *around, step = _outside_of_texts(steps)
    if step.value is not None or step.position is not None:
        return _element(found, added, [*around, step])
    body = added.value if isinstance(added.value, dict) else {}
    holder = at(body, around)
    if not isinstance(holder, dict) or step.key not in holder:
        return (
            _of_all_objects(step.key)
            or _by_name(added.stack, step.key, _key(around))
            or created(found, identity)
        )
    line = _of_module(holder, step.key) or _by_function(found, added, holder, step.key, _key(around))
    return line or created(found, identity)


def _outside_of_texts(steps: Sequence[Step]) -> list[Step]:
    """Leave out the steps into a text: the text is written as a whole."""
    inside = [index for index, step in enumerate(steps) if step.inside]
    return list(steps[: inside[0]] if inside else steps)


def _key(around: Sequence[Step]) -> str:
    """Give the innermost key of a path."""
    return next((step.key for step in reversed(around) if step.value is None and step.position is None), "")


def _element(found: Trace, added: Given, steps: Sequence[Step]) -> Source:
    """Say where an element of a list is made: where it was returned, or where its list is written."""
    value = at(added.value, steps) if isinstance(added.value, dict) else MISSING
    if isinstance(value, dict):
        for given in found.given:
            if given.value is value:
                call = given.stack[1] if len(given.stack) > 1 else given.stack[0]
                return _line(call)
    around = list(steps[:-1])
    while around and (around[-1].value is not None or around[-1].position is not None):
        around.pop()
    return put(found, next(key for key, each in found.added.items() if each is added), around)


def _by_function(found: Trace, added: Given, holder: Any, key: str, around: str) -> Source | None:
    """Look in the function that made the mapping, in what it is made of, and in what called it."""
    builder = next((n for n, each in enumerate(found.given) if _holds(each.value, holder)), None)
    stack = added.stack if builder is None else found.given[builder].stack
    if line := _here(stack, key, around):
        return line
    for given in reversed(found.given[: builder or len(found.given)]):
        same = isinstance(given.value, dict) and given.value.get(key, MISSING) is holder[key]
        if same and (line := _here(given.stack, key, around)):
            return line
    return _by_name(stack, key, around)


def _by_name(stack: Sequence[Call], key: str, around: str) -> Source | None:
    """Look in the calls that led to a function, whose keyword may be the key, and in what made them."""
    for index, call in enumerate(stack[1:], start=1):
        node = call_at(call)
        found = _chosen(list(values_of(key, node, call.names)), around) if node else None
        beside = [each for each in values_of(key, body_of(call.code), call.names) if each[1] == around]
        if found := found or _chosen(beside, around):
            return _followed(found, stack[index:])
    return None


def _here(stack: Sequence[Call], key: str, around: str) -> Source | None:
    """Look in a function itself."""
    if not stack:
        return None
    found = _chosen(list(values_of(key, body_of(stack[0].code), stack[0].names)), around)
    return _followed(found, stack) if found else None


def _chosen(values: list[tuple[ast.expr, str]], around: str) -> ast.expr | None:
    """Choose among values of a key: of those in the right mapping, the last."""
    fitting = [value for value, inside in values if inside == around]
    return fitting[-1] if fitting else values[-1][0] if values else None


def _followed(value: ast.expr, stack: Sequence[Call]) -> Source:
    """Where a value is a parameter, go to the call that gave it."""
    if isinstance(value, ast.Name) and len(stack) > 1:
        call = call_at(stack[1])
        given = argument(call, stack[0].code, value.id) if call else None
        if given is not None:
            return _followed(given, stack[1:])
    return source(stack[0].code.co_filename, value)


def _of_module(holder: Any, key: str) -> Source | None:
    """Look in the constants of modules: a mapping in one of them is made where it is assigned."""
    for name, module in list(sys.modules.items()):
        if not name.startswith(("charts_src.components", "charts_src.lib", "charts_src.workloads")):
            continue
        for constant, value in vars(module).items():
            if isinstance(value, dict | list | tuple) and _holds(value, holder):
                for node in _assigned(str(module.__file__), constant):
                    if found := _chosen(list(values_of(key, node, vars(module))), ""):
                        return source(str(module.__file__), found)
    return None


def _assigned(file: str, constant: str) -> Iterator[ast.AST]:
    for node in parsed(file).body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if any(isinstance(each, ast.Name) and each.id == constant for each in targets):
            yield node


def _of_all_objects(key: str) -> Source | None:
    """Look in what writes labels, the namespace and sync waves of every object."""
    for module in (manifest, waves):
        file = str(module.__file__)
        if found := _chosen(list(values_of(key, parsed(file), vars(module))), ""):
            return source(file, found)
    return None


def _holds(value: Any, holder: Any) -> bool:
    """Say whether a value is, or has somewhere in it, this very mapping."""
    if value is holder:
        return True
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return any(_holds(each, holder) for each in inside)


def _line(call: Call) -> Source:
    return Source(source(call.code.co_filename, parsed(call.code.co_filename)).file, _lineno(call))


def _lineno(call: Call) -> int:
    line = list(call.code.co_positions())[call.at // 2][0]
    return line or call.code.co_firstlineno
