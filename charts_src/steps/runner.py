"""Runs a plan, so that a run that was stopped at any moment can be started again.

A step that can be asked whether it is done is asked, in each run; one that can't is looked up in the journal.
The commands' own output goes to standard error, as does progress.
"""

import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from charts_src.errors import UserError
from charts_src.steps.journal import Journal
from charts_src.steps.plan import Check, Command, Listing, Plan, Step, Wait

INSTALL = {
    "aws": "install the AWS CLI 2 (docs.aws.amazon.com/cli)",
    "docker": "install Docker with buildx (docs.docker.com/engine/install)",
    "eksctl": "install eksctl 0.215.0 or later (docs.aws.amazon.com/eks/latest/eksctl)",
    "kubectl": "install kubectl (kubernetes.io/docs/tasks/tools)",
}
"""Program -> what to do when it is missing."""

_LONGEST_PAUSE = 15.0

Say = Callable[[str], None]


class StepError(Exception):
    """A step failed; the message says which, why and how to go on."""


class Runner:
    """Runs the steps of one plan."""

    def __init__(self, plan: Plan, root: Path, say: Say, *, keep_data: bool = False) -> None:
        """Run in `root`, the repository; `say` takes a line of progress."""
        self._plan = plan
        self._root = root
        self._say = say
        self._keep_data = keep_data
        self._lock = -1

    def run(self) -> str:
        """Run all steps and the proof; give what is kept.

        Raises UserError when a program is missing or another run is under way, StepError when a step fails
        or something is left.
        """
        self._need_programs()
        with self._alone():
            journal = Journal(self._plan, self._root)
            for number, step in enumerate(self._plan.steps, 1):
                self._say(f"[{number}/{len(self._plan.steps)}] {step.name}: {self._step(step, journal)}")
            report = self._proof()
            journal.close()
            return report

    def _need_programs(self) -> None:
        missing = [name for name in self._plan.programs() if shutil.which(name) is None]
        if missing:
            raise UserError(
                "\n".join(f"{name}: not found; {INSTALL.get(name, 'install it')}" for name in missing)
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of the environment; commands inherit it, and may outlive a killed run."""
        folder = self._root / ".cache" / "steps"
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(folder / f"{self._plan.environment}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{self._plan.environment}: another run is under way, or a command that a stopped run has "
                "started; wait for its end, then run again"
            ) from None
        try:
            yield
        finally:
            os.close(self._lock)

    def _step(self, step: Step, journal: Journal) -> str:
        """Bring one step about and say how it went."""
        if step.data and self._keep_data:
            return "left out, to keep data"
        if not step.always and not step.done and journal.has(step):
            return "done before"
        if any(self._holds(check) for check in step.done):
            return "done already"
        self._say(f"    {step.why}")
        for word in self._words(step):
            for command in step.run:
                self._run(step, tuple(part.replace("{}", word) for part in command))
        for wait in step.wait:
            self._wait(step, wait)
        if step.check and not self._holds(step.check):
            raise self._failed(step, f"{_line(step.check.run)} {self._answer(step.check)}")
        journal.add(step)
        return "done"

    def _words(self, step: Step) -> list[str]:
        """Give what the commands are run for: each word that `each` prints, or once."""
        if not step.each:
            return [""]
        done = self._ask(step.each)
        if done.returncode:
            raise self._failed(step, f"{_line(step.each)}: {done.stderr.strip()}")
        return [word for word in done.stdout.split() if word != "None"]

    def _run(self, step: Step, command: Command) -> None:
        self._say(f"    $ {_line(command)}")
        done = subprocess.run(
            command, cwd=self._root, stdout=sys.stderr.fileno(), check=False, pass_fds=(self._lock,)
        )
        if done.returncode:
            raise self._failed(step, f"{_line(command)} exited with {done.returncode}")

    def _wait(self, step: Step, wait: Wait) -> None:
        end = time.monotonic() + wait.seconds
        pause = 0.2
        while not self._holds(wait):
            if time.monotonic() > end:
                raise self._failed(step, f"{_line(wait.run)} {self._answer(wait)}, after {wait.seconds} s")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _holds(self, check: Check) -> bool:
        done = self._ask(check.run)
        return done.returncode == 0 and (check.prints is None or _text(done.stdout) == check.prints)

    def _answer(self, check: Check) -> str:
        """Say what a check that doesn't hold gave instead."""
        done = self._ask(check.run)
        if done.returncode:
            return f"exits with {done.returncode}: {done.stderr.strip()}"
        return f"prints {_text(done.stdout)!r}, not {check.prints!r}"

    def _ask(self, command: Command) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd=self._root,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            pass_fds=(self._lock,),
        )

    def _failed(self, step: Step, what: str) -> StepError:
        remedy = f" {step.remedy}" if step.remedy else ""
        again = f"Run make {self._plan.plan} again with the same words; it goes on with this step."
        return StepError(f"{step.name}: failed: {what}.{remedy} {again}")

    def _proof(self) -> str:
        """List what is left. Raises StepError unless that is nothing, or what goes with kept data."""
        left = self._listed(self._plan.proof)
        if left and not self._keep_data:
            again = "Remove it, or wait until AWS has; then run make teardown again."
            raise StepError("\n".join([f"not proven: {len(left)} left", *left, again]))
        kept = self._listed(self._plan.kept)
        return "\n".join(
            [*(["left with the data:", *left] if left else []), *(["kept:", *kept] if kept else [])]
        )

    def _listed(self, listings: Sequence[Listing]) -> list[str]:
        found = []
        for listing in listings:
            done = self._ask(listing.run)
            remedy = f"; {listing.remedy}" if listing.remedy else ""
            if done.returncode:
                found.append(f"  {listing.what}: can't be listed: {done.stderr.strip()}")
            found += [f"  {listing.what}: {word}{remedy}" for word in _text(done.stdout).split()]
        return found


def _text(output: str) -> str:
    """Give what a command printed; the AWS CLI writes None for each page of an answer without a value."""
    return "\n".join(line for line in output.strip().splitlines() if line != "None")


def _line(command: Command) -> str:
    return shlex.join(command)
