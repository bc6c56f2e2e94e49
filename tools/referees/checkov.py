"""The verdict of checkov: its checks of the framework "kubernetes"."""

import json
import subprocess
from pathlib import Path
from typing import Any

from charts_src import ROOT
from charts_src.errors import UserError
from tools.referees.projection import Subject
from tools.referees.verdict import Finding, Verdict

PYTHON = ROOT / ".venv-referees" / "bin" / "python"
"""The Python that has checkov, which is apart from ours as it pins a hundred packages of its own."""


def judge(folder: Path, subjects: list[Subject]) -> Verdict:
    """Judge the objects that were written into a folder, each of which checkov has to see.

    Raises UserError when checkov is not installed, RuntimeError when it fails.
    """
    answer = _run(folder)
    by_path = {subject.path: subject for subject in subjects}
    seen = {Path(path).relative_to(folder.resolve()).as_posix() for path in answer["seen"]}
    findings = tuple(
        Finding(each["check"], by_path[each["path"].lstrip("/")], each["name"]) for each in answer["failed"]
    )
    return Verdict(
        f"checkov {answer['version']}",
        len(seen),
        answer["passed"],
        findings,
        tuple(subject for path, subject in by_path.items() if path not in seen),
    )


def _run(folder: Path) -> dict[str, Any]:
    # Isolated, or `checkov` would be this module.
    command = [str(PYTHON), "-I", str(Path(__file__).with_name("run_checkov.py")), str(folder.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError(f"{PYTHON}: not found. Run `make referees`, which installs checkov.") from None
    if done.returncode:
        raise RuntimeError(f"checkov failed: {done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
