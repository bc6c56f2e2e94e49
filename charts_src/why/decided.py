"""Where a value of an environment is decided: a line of environments/, or a default of the model."""

import ast
import sys
from collections.abc import Mapping
from functools import cache
from inspect import get_annotations
from pathlib import Path
from typing import Any, NamedTuple

from charts_src import ROOT, config, state
from charts_src.config import Origin, Origins, Settings
from charts_src.config.complaints import Where, shown_path
from charts_src.helm.fields import lookup, plain, shape_of
from charts_src.model import Environment, Model


class Files(NamedTuple):
    """The settings of an environment, merged, and those of base.yaml alone."""

    merged: Settings
    base: Origins


def read(name: str) -> Files:
    """Read the files of an environment."""
    base = state.ENVIRONMENTS / "base.yaml"
    return Files(
        config.read_settings(name, state.ENVIRONMENTS),
        config.read_file(base).origins if base.exists() else {},
    )


def decided(files: Files, env: Environment, where: Where) -> str:
    """Say where the value at `where` comes from: `environments/prod.yaml:12`, or the default's line."""
    origin = files.merged.origins.get(where)
    if origin is None:
        return f"default of the model: {_default(env, where)}"
    below = files.base.get(where)
    section = shape_of(where).section is not None
    over = below and below.file != origin.file and not section
    return f"{_line(origin)}, over {_line(below)}" if below and over else _line(origin)


def _line(origin: Origin) -> str:
    return f"{shown_path(origin.file)}:{origin.line}"


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
    if isinstance(default, Model):
        return default.model_dump()
    return {key: _dumped(each) for key, each in default.items()} if isinstance(default, Mapping) else default


def model_line(section: type[Model], field: str) -> str:
    """Give the file and line in which a section of the model has a field."""
    owner = next(each for each in section.__mro__ if field in get_annotations(each))
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
