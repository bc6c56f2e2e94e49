"""Where a value of an environment is decided: a line of environments/, or a default of the model."""

import ast
import sys
from functools import cache
from pathlib import Path
from typing import Any

from charts_src import ROOT
from charts_src.config import Settings
from charts_src.config.complaints import Where, shown_path
from charts_src.helm.fields import lookup, plain, shape_of
from charts_src.model import Environment, Model


def decided(settings: Settings, env: Environment, where: Where) -> str:
    """Say where the value at `where` comes from: `environments/prod.yaml:12`, or the default's line."""
    origin = settings.origins.get(where)
    if origin is not None:
        return f"{shown_path(origin.file)}:{origin.line}"
    return f"default of the model: {_default(env, where)}"


def _default(env: Environment, where: Where) -> str:
    """Find the innermost default that gives the value: that of the field, or of a section around it."""
    value = plain(lookup(env.model_dump(), where))
    for length in range(len(where), 0, -1):
        section = shape_of(where[: length - 1]).section
        if section is None:
            continue
        default = section.model_fields[str(where[length - 1])].get_default(call_default_factory=True)
        if plain(lookup(_dumped(default), where[length:])) == value:
            return model_line(section, str(where[length - 1]))
    section = shape_of(where[:1]).section
    return model_line(section or Environment, str(where[0]))


def _dumped(default: Any) -> Any:
    return default.model_dump() if isinstance(default, Model) else default


def model_line(section: type[Model], field: str) -> str:
    """Give the file and line in which a section of the model has a field."""
    owner = next(each for each in section.__mro__ if field in each.__dict__.get("__annotations__", {}))
    file = Path(str(sys.modules[owner.__module__].__file__))
    line = _fields(file).get((owner.__name__, field), 1)
    return f"{file.relative_to(ROOT).as_posix()}:{line}"


@cache
def _fields(file: Path) -> dict[tuple[str, str], int]:
    """Give the line of each annotated name of each class of a module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {
        (each.name, node.target.id): node.lineno
        for each in tree.body
        if isinstance(each, ast.ClassDef)
        for node in each.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
