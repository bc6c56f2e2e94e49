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
    """Watches, in a thread, what this process and all that it started keep in memory."""

    def __init__(self) -> None:
        """Start."""
        self.peak = 0
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def end(self) -> float:
        """Stop; give the most there was when it looked, in GiB. Of a page that n share each has 1/n."""
        self._ended.set()
        return self.peak / _GIB

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._ended.wait(10):  # to look takes the kernel a tenth of a second and more
            self.peak = max(self.peak, sum(map(_memory, [own, *own.children(recursive=True)])))


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it ended
        return 0


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
