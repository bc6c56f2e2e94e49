"""Shows what a render would change, again after each edit of an environment."""

import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING, NamedTuple

from charts_src import ROOT, state, workspace
from charts_src.diff.compare import compare
from charts_src.diff.report import to_text
from charts_src.errors import UserError
from charts_src.watch import stamps

if TYPE_CHECKING:
    from charts_src.publish import Files
    from charts_src.watch.stamps import Stamps

_PAUSE = 0.01
"""Seconds between two looks at the environments."""

_LOOKS = 50
"""Looks at the environments for each look at what is checked in, which is a thousand files."""

_RENDERS = 200
"""Renders until a new process takes over, for each leaves two megabytes behind, in Node and here."""


class _Stamped(NamedTuple):
    environments: "Stamps"
    checked_in: "Stamps"


def follow(names: list[str], show: Callable[[str], None], *, color: bool) -> None:
    """Show what a render of the environments would change, at once and after each edit, and write nothing.

    Ends after 200 renders, and with the process that started this one. What is wrong in an environment is
    shown in place of changes.
    """
    view = _View(names, color=color)
    parent, shown, last, looks, renders = os.getppid(), None, None, 0, 0
    while renders < _RENDERS and os.getppid() == parent:
        now = view.look(again=looks % _LOOKS == 0)
        if now == last and now != shown:  # an editor that writes in place is through with it
            show(view.text(shown, now))
            shown, renders = now, renders + 1
        last, looks = now, looks + 1
        sleep(_PAUSE)


class _View:
    """The environments and what is checked in, as of the last look."""

    def __init__(self, names: list[str], *, color: bool) -> None:
        self._names, self._color = names, color
        self._units = workspace.units(recall=False)
        self._stamps = _Stamped({}, {})
        self._read: tuple[Stamps, dict[str, Files]] = ({}, {})

    def look(self, *, again: bool) -> _Stamped:
        """Stamp the files of the environments, and with `again` what is checked in."""
        checked_in = self._stamps.checked_in
        if again:
            checked_in = stamps.of_trees(
                folder for name in self._names for folder in state.folders(name).values()
            )
        files = (state.ENVIRONMENTS / f"{name}.yaml" for name in ("base", *self._names))
        self._stamps = _Stamped(stamps.of_files(files), checked_in)
        return self._stamps

    def text(self, old: _Stamped | None, new: _Stamped) -> str:
        """Say what was edited, how long the answer took, and what a render would change."""
        begun = perf_counter()
        try:
            answer = self._changes(new.checked_in)
        except UserError as error:
            answer = f"{error}\n"
        return f"{_edited(old, new)}: answered in {perf_counter() - begun:.2f} s\n{answer}\n"

    def _changes(self, checked_in: "Stamps") -> str:
        environments = workspace.read_environments(self._names)
        if self._read[0] != checked_in or not checked_in:
            self._read = checked_in, {name: workspace.checked_in(name) for name in self._names}
        rendered = workspace.rendered(environments, self._units)
        return "\n".join(
            to_text(compare(self._read[1][name], workspace.joined(trees)), name, color=self._color)
            for name, trees in rendered.items()
        )


def _edited(old: _Stamped | None, new: _Stamped) -> str:
    if old is None:
        return "at the start"
    paths = stamps.differing(old.environments, new.environments)
    names = [Path(path).relative_to(ROOT).as_posix() for path in paths]
    return ", ".join([*names, *(["what is checked in"] if old.checked_in != new.checked_in else [])])
