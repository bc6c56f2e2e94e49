"""Writes what a new component needs: its file, its section, its line in the registry, and its test."""

import re
from pathlib import Path
from string import Template

from charts_src import ROOT
from charts_src.errors import UserError

_COMPONENT = Template('''\
"""$title: say what it is, and where its facts come from (upstream file and version)."""

from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body


class $cls(Component):
    """Say what it is."""

    name = "$name"
    target_namespace = "default"

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section $module."""
        return env.$module is not None

    def compose(self) -> None:
        """Add each object."""
        self.add(_settings())


def _settings() -> Body:
    metadata, data = {"name": "$name"}, {"key": "value"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
''')

_MODEL = Template('''\
"""The section of $title."""

from charts_src.model.base import Model


class $cls(Model):
    """Say what is decided here; each field has a type, a default if there is a good one, and a docstring."""
''')

_TEST = Template("""\
from cdk8s import App

from charts_src.components.$module import $cls
from tests.ray_environment import environment


def test_it_renders_what_it_should() -> None:
    bodies = $cls(App(), environment()).objects()
    assert bodies == ["write out the manifests that you expect"]
""")


def new_component(name: str, root: Path = ROOT) -> list[Path]:
    """Write the files of a component called `name` below `root` and register it; return what was written.

    Raises UserError for a name that is no DNS label, or that is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > 53:
        raise UserError(f"{name}: is no name for a component; write lower-case words with hyphens")
    module = name.replace("-", "_")
    words = {"name": name, "module": module, "cls": name.title().replace("-", ""), "title": _title(name)}
    sources = root / "charts_src"
    created = {
        sources / "components" / f"{module}.py": _COMPONENT.substitute(words),
        sources / "model" / f"{module}.py": _MODEL.substitute(words),
        root / "tests" / "components" / f"test_{module}.py": _TEST.substitute(words),
    }
    if taken := [path for path in created if path.exists()]:
        raise UserError(f"{taken[0].relative_to(root)}: is there already; choose another name than {name}")
    edited = {
        sources / "registry.py": _registered(sources / "registry.py", words),
        sources / "model" / "environment.py": _with_section(sources / "model" / "environment.py", words),
    }
    for path, text in (created | edited).items():
        path.write_text(text)
    return [*created, *edited]


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _registered(path: Path, words: dict[str, str]) -> str:
    line = "from charts_src.components.{module} import {cls}\n".format_map(words)
    before, imports, after = path.read_text().partition("from charts_src.manifest import Component\n")
    return before + line + imports + after.removesuffix(")\n") + f"    {words['cls']},\n)\n"


def _with_section(path: Path, words: dict[str, str]) -> str:
    line = "from charts_src.model.{module} import {cls}\n".format_map(words)
    field = '    {module}: {cls} | None = None\n    """{title}; leave it out to do without it."""\n\n'
    before, imports, after = path.read_text().partition("from charts_src.model.platform import")
    fields, method, rest = after.partition("    def problems(self)")
    return before + line + imports + fields + field.format_map(words) + method + rest
