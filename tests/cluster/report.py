"""The report of a run: what was proved, per component, how long it took, and how much memory it needed."""

import json
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from charts_src import ROOT
from tools.cluster.binaries import TOOLBOX, built, module

FOLDER = ROOT / ".cache" / "cluster-test"
_GIB = 1024**3


class Proved(NamedTuple):
    """One test."""

    component: str
    """Of the file that it is in, such as operators."""
    what: str
    """The sentence that its name is, with its parameters."""
    outcome: str
    seconds: float
    properties: dict[str, str]
    """What the test measured."""


class Memory:
    """Watches, in a thread, how much less memory the machine has to give than at the start.

    What other programs take meanwhile counts too. To add up what each of a hundred processes has would take
    the kernel a fifth of a second each time.
    """

    def __init__(self) -> None:
        """Start."""
        self._before = self._least = _available()
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def end(self) -> float:
        """Stop; give the most that was missing, in GiB."""
        self._ended.set()
        return (self._before - self._least) / _GIB

    def _watch(self) -> None:
        while not self._ended.wait(1):
            self._least = min(self._least, _available())


def _available() -> int:
    return int(psutil.virtual_memory().available)


def write(proved: list[Proved], seconds: float, memory: float, folder: Path = FOLDER) -> None:
    """Write report.json and report.md."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(seconds, 1),
        "memory_gib": round(memory, 2),
        "tools": {tool.name: module(tool)[1] for tool in TOOLBOX if built(tool).exists()},
        "proved": [one._asdict() | {"seconds": round(one.seconds, 2)} for one in proved],
    }
    (folder / "report.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(_markdown(data, proved), encoding="utf-8")


def _markdown(data: dict[str, Any], proved: list[Proved]) -> str:
    counts = {
        outcome: sum(one.outcome == outcome for one in proved) for outcome in ("passed", "failed", "skipped")
    }
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    lines = [
        "# Proof on a control plane",
        "",
        f"{told} in {data['seconds']:.0f} s, with at most {data['memory_gib']:.1f} GiB of memory.",
        f"Finished {data['finished']}.",
        "",
        "Built from: " + ", ".join(f"{name} {version}" for name, version in data["tools"].items()) + ".",
    ]
    for component in sorted({one.component for one in proved}):
        own = [one for one in proved if one.component == component]
        total = sum(one.seconds for one in own)
        lines += ["", f"## {component} ({total:.0f} s)", "", "| what | outcome | s |", "|---|---|---|"]
        lines += [f"| {one.what} | {one.outcome} | {one.seconds:.1f} |" for one in own]
        measured = [f"- {key}: {value}" for one in own for key, value in one.properties.items()]
        lines += ["", *measured] if measured else []
    return "\n".join(lines) + "\n"
