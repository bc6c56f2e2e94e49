"""Rendered components kept between runs, so that only what a change touches is rendered again.

A component reads decisions through `Reads`, which notes the sections it asked for. Its result is stored
with those sections and a key: the hash of its code and of their values. The same code, given the same
values, asks for the same sections again, so an equal key means an equal result. `--verify` proves it.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple, cast

from charts_src import CACHE, cache, fingerprint
from charts_src.lib.iam import PodIdentity
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.references import Summary
from charts_src.registry import COMPONENTS
from charts_src.units import Unit, build


class Reads:
    """An environment that notes which of its sections were asked for."""

    def __init__(self, env: Environment) -> None:
        """Wrap `env`."""
        self._env = env
        self.sections: list[str] = []

    def __getattr__(self, section: str) -> Any:
        """Give a section, or any other attribute, of the environment."""
        if section in Environment.model_fields and section not in self.sections:
            self.sections.append(section)
        return getattr(self._env, section)


class Record(NamedTuple):
    """A rendered component and what it depended on."""

    sections: list[str]
    """Sections of the environment that it read, in the order of the first reading."""
    key: str
    """Hash of its code and of the values of those sections."""
    unit: Unit


class Units:
    """Renders components, or recalls them from this run or an earlier one."""

    def __init__(self, directory: Path | None = CACHE / "units") -> None:
        """Keep results below `directory`, a file for each environment and component; None keeps nothing."""
        self._directory = directory
        self._shared_code = fingerprint.of_shared_code(each.__module__ for each in COMPONENTS)
        self._this_run: dict[str, dict[tuple[str, ...], dict[str, Unit]]] = {}
        """Component -> sections that it read -> key -> result."""

    def get(self, component: type[Component], env: Environment) -> Record:
        """Give the component as `build` renders it, and what it read."""
        path = self._directory / env.name / f"{component.name}.json" if self._directory else None
        record = self._stored(component, env, path) if path else None
        if record is None:
            record = self._from_this_run(component, env) or self._build(component, env)
            if path:
                _store(path, record)
        known = self._this_run.setdefault(component.name, {})
        known.setdefault(tuple(record.sections), {})[record.key] = record.unit
        return record

    def _from_this_run(self, component: type[Component], env: Environment) -> Record | None:
        for sections, units in self._this_run.get(component.name, {}).items():
            key = self._key(component, env, list(sections))
            if unit := units.get(key):
                return Record(list(sections), key, unit)
        return None

    def _stored(self, component: type[Component], env: Environment, path: Path) -> Record | None:
        """Read the stored record if it still holds; only then is its form known to be that of this code."""
        try:
            stored = json.loads(cache.read(path) or "{}")
            sections, key = stored["sections"], stored["key"]
        except (LookupError, TypeError):
            return None
        if key != self._key(component, env, sections):
            return None
        summaries = tuple(Summary.from_json(item) for item in stored["summaries"])
        identities = tuple(PodIdentity(*item) for item in stored["identities"])
        return Record(sections, key, Unit(stored["files"], summaries, stored["versions"], identities))

    def _build(self, component: type[Component], env: Environment) -> Record:
        reads = Reads(env)
        unit = build(component, cast("Environment", reads))
        return Record(reads.sections, self._key(component, env, reads.sections), unit)

    def _key(self, component: type[Component], env: Environment, sections: list[str]) -> str:
        values = env.model_dump_json(include=set(sections))
        code = fingerprint.of_module(component.__module__)
        return fingerprint.of_text("\0".join([self._shared_code, code, component.name, values]))


def _store(path: Path, record: Record) -> None:
    unit = record.unit
    content = {
        "sections": record.sections,
        "key": record.key,
        "files": unit.files,
        "summaries": [summary.to_json() for summary in unit.summaries],
        "versions": unit.versions,
        "identities": unit.identities,
    }
    cache.write(path, json.dumps(content))
