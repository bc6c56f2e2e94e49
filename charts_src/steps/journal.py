"""What a plan has done so far, on disk: for the steps that nothing else can be asked about.

A step counts as done only while it is the same step, with the same files: the journal has its hash.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from charts_src import fingerprint
from charts_src.steps.plan import Plan, Step

_UNDONE_BY = {"bootstrap": "teardown", "teardown": "bootstrap"}


class Journal:
    """The journal of one plan of one environment."""

    def __init__(self, plan: Plan, root: Path) -> None:
        """Open the journal below `root`, the repository. What another plan has undone counts no more."""
        self._root = root
        self._file = _path(root, plan.environment, plan.plan)
        if other := _UNDONE_BY.get(plan.plan):
            _path(root, plan.environment, other).unlink(missing_ok=True)
        self._done = self._read()

    def has(self, step: Step) -> bool:
        """Say whether the step was done."""
        return self._done.get(step.name) == self._hash(step)

    def add(self, step: Step) -> None:
        """Note that the step was done, whole or not at all."""
        self._done[step.name] = self._hash(step)
        stage = self._file.with_suffix(".new")
        with stage.open("w", encoding="utf-8") as file:
            json.dump(self._done, file)
            file.flush()
            os.fsync(file.fileno())
        stage.replace(self._file)

    def close(self) -> None:
        """Forget everything, as the plan is done: the next time it starts anew."""
        self._file.unlink(missing_ok=True)

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _hash(self, step: Step) -> str:
        texts = [step.model_dump_json()]
        texts += [f"{path.name}\0{path.read_text(encoding='utf-8')}" for path in self._files(step)]
        return fingerprint.of_text("\0\0".join(texts))

    def _files(self, step: Step) -> Iterator[Path]:
        """Give the files of the repository that the commands name, those in a folder too."""
        words = [word.removeprefix("file://") for command in step.run for word in command if "/" in word]
        for path in (self._root / word for word in words if not word.startswith("/")):
            if path.is_file():
                yield path
            elif path.is_dir():
                yield from sorted(each for each in path.rglob("*") if each.is_file())


def _path(root: Path, environment: str, plan: str) -> Path:
    return root / ".cache" / "steps" / f"{environment}-{plan}.json"
