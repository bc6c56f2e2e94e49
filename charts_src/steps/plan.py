"""What a plan says: steps with the commands of others, in order, and what has to be left at the end.

A command is a list of arguments, never a line for a shell. Plans are rendered to rendered/<env>/aws/, where
they are reviewed like everything else, and read back from there to be run.
"""

import json
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field

from charts_src.errors import UserError
from charts_src.model.base import Model

Command = Annotated[tuple[str, ...], Field(min_length=1)]
"""A program and its arguments, with the repository as working directory."""


class Check(Model):
    """A question that a command answers: it exits with 0 and, where that is given, prints a text."""

    run: Command
    """What to ask."""

    prints: str | None = None
    """What it has to print, white space at the ends aside; "" is nothing."""


class Wait(Check):
    """A check that is repeated until it holds."""

    seconds: int = 900
    """For how long."""


class Step(Model):
    """One step: done already or run, then waited for, then checked."""

    name: str
    """Name, unique in the plan."""

    why: str
    """What it is for, in a sentence."""

    done: tuple[Check, ...] = ()
    """The step is passed over when one of these holds; it is asked in each run."""

    each: Command | None = None
    """Prints words; the step's commands run once for each, with {} replaced by it."""

    run: tuple[Command, ...] = ()
    """Commands, in order; each may be run again after an interruption."""

    wait: tuple[Wait, ...] = ()
    """What to wait for afterwards, one after the other."""

    check: Check | None = None
    """What must hold afterwards."""

    remedy: str = ""
    """What a person does when the step fails."""

    always: bool = False
    """Whether the step belongs to each run, also to one that resumes."""

    data: bool = False
    """Whether data or what holds it are lost; left out when data are to be kept."""


class Listing(Model):
    """Something that a command lists, a word for each thing."""

    what: str
    """What the words are."""

    run: Command
    """The command; it prints nothing when there is nothing."""

    remedy: str = ""
    """How a person removes it."""


class Plan(Model):
    """A whole plan."""

    environment: str
    """Name of the environment."""

    plan: str
    """What the plan does: bootstrap, images or teardown."""

    cluster: str
    """Name of the cluster."""

    steps: tuple[Step, ...]
    """The steps, in order."""

    proof: tuple[Listing, ...] = ()
    """What must list nothing at the end."""

    kept: tuple[Listing, ...] = ()
    """What stays by intention, and is listed at the end."""

    def programs(self) -> list[str]:
        """Name every program that the plan runs."""
        return sorted({command[0] for command in self._commands()})

    def _commands(self) -> list[tuple[str, ...]]:
        found = [listing.run for listing in (*self.proof, *self.kept)]
        for step in self.steps:
            checks = (*step.done, *step.wait, *((step.check,) if step.check else ()))
            found += [*step.run, *(check.run for check in checks), *((step.each,) if step.each else ())]
        return found


def read(file: Path) -> Plan:
    """Read a rendered plan. Raises UserError when there is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{file}: not there; run make render first") from None
    # Strict models read a tuple from a list in JSON only.
    return Plan.model_validate_json(json.dumps(yaml.load(text, yaml.CSafeLoader)))
