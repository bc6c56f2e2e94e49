"""Merged settings -> Environment, or complaints about their shape and their meaning."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from charts_src.config.complaints import Complaint, Where, refusal, shown
from charts_src.config.settings import Settings
from charts_src.config.wording import wording
from charts_src.model import Environment, Problem
from charts_src.model.base import all_problems


def checked(name: str, settings: Settings) -> Environment:
    """Make the environment.

    Raises UserError with all that is wrong: in the text, the shape, or the meaning.
    """
    complaints = [*_misnamed(name, settings)]
    environment = None
    try:
        environment = Environment.model_validate_json(json.dumps(settings.data))
        complaints += _contradictions(all_problems(environment), settings)
    except ValidationError as error:
        complaints += _misshapen(error, settings)
        complaints += _contradictions(_sound_sections(error, settings.data), settings)
    untrusted = {complaint.where for complaint in settings.complaints if complaint.where}
    trusted = [found for found in complaints if not _within(found.where, untrusted)]
    if environment is None or settings.complaints or trusted:
        raise refusal([*settings.complaints, *trusted])
    return environment


def _misnamed(name: str, settings: Settings) -> Iterable[Complaint]:
    found = settings.data.get("name")
    if isinstance(found, str) and found != name:
        file, line, _ = settings.origin(("name",))
        yield Complaint(file, line, ("name",), f"{shown(found)} is not the name of the file; write {name}")


def _misshapen(error: ValidationError, settings: Settings) -> Iterable[Complaint]:
    """Put what pydantic found in our words; one complaint for each place, for unions have several."""
    found: dict[Where, Complaint] = {}
    for detail in error.errors(include_url=False):
        where = _where(detail["loc"], settings.data, missing=detail["type"] == "missing")
        file, line, _ = settings.origin(where)
        about_value = where in settings.origins and "[key]" not in detail["loc"]
        written = settings.origins[where].text if about_value else ""
        found.setdefault(where, Complaint(file, line, where, wording(detail, where, written)))
    return found.values()


def _where(loc: Where, data: Any, *, missing: bool) -> Where:
    """Keep what of pydantic's location is in the data: it also names union members and "[key]"."""
    where: Where = ()
    for part in loc:
        inside = data if isinstance(data, dict) else dict(enumerate(data)) if isinstance(data, list) else {}
        if part in inside:
            data, where = inside[part], (*where, part)
    return (*where, loc[-1]) if missing else where


def _contradictions(problems: Iterable[Problem], settings: Settings) -> Iterable[Complaint]:
    for problem in problems:
        file, line, _ = settings.origin(problem.where)
        yield Complaint(file, line, problem.where, problem.message)


def _sound_sections(error: ValidationError, data: dict[str, Any]) -> Iterable[Problem]:
    """Find contradictions inside the sections that have the right shape, although another one has not."""
    misshapen = {detail["loc"][0] for detail in error.errors(include_url=False)}
    for name in (name for name in Environment.model_fields if name in data and name not in misshapen):
        yield from all_problems(_section(name).validate_json(json.dumps(data[name])), (name,))


@cache
def _section(name: str) -> TypeAdapter[Any]:
    annotation: Any = Environment.model_fields[name].annotation
    return TypeAdapter(annotation)


def _within(where: Where, places: set[Where]) -> bool:
    return any(where[:n] in places for n in range(1, len(where) + 1))
