"""Build the tools of a plane, or those named, that are not built yet: `python -m tools.build [NAME...]`.

A tool is built beside its place and moved there, so that an interrupted build leaves nothing; of two that
build the same at once one waits for the other.
"""

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from tools.cluster.binaries import REFEREES, TOOLBOX, TOOLS, Tool, built, module

GO = str(TOOLS.parent / ".tools/go")


def main() -> None:
    """Build what is missing of all tools of a plane, or of those named."""
    parser = argparse.ArgumentParser(prog="tools.build", description=__doc__)
    known = {tool.name: tool for tool in (*TOOLBOX, *REFEREES)}
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    names = parser.parse_args().names
    if unknown := set(names) - set(known):
        parser.error(f"no tool {', '.join(sorted(unknown))}")
    wanted = [known[name] for name in names] or TOOLBOX
    missing = [tool for tool in wanted if not built(tool).exists()]
    console = Console(stderr=True)
    for number, tool in enumerate(missing, 1):
        what = f"building {tool.name} {module(tool)[1]} ({number} of {len(missing)})"
        start = time.monotonic()
        if console.is_terminal:
            with console.status(what):
                build(tool)
        else:
            build(tool)
        console.print(f"{what}: {time.monotonic() - start:.0f} s", highlight=False)


def build(tool: Tool) -> None:
    """Build a tool into its place, unless it is there by now. Raises CalledProcessError when go fails."""
    path = built(tool)
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path.parent.with_suffix(".lock")):
        if path.exists():
            return
        with tempfile.TemporaryDirectory(dir=path.parent.parent, prefix=f".{tool.name}-") as folder:
            made = Path(folder, tool.name)
            options = _with_placeholder(tool, Path(folder)) if tool.placeholder else []
            flags = ["-trimpath", "-ldflags", " ".join(["-s", "-w", *_stamps(tool)]), "-o", str(made)]
            _go(tool, "build", *options, *flags, tool.package)
            path.parent.mkdir(exist_ok=True)
            made.replace(path)


def _stamps(tool: Tool) -> Iterator[str]:
    _, version = module(tool)
    for stamp in tool.stamps:
        yield f"-X {stamp.format(version=version, minor=version.split('.')[1])}"


def _with_placeholder(tool: Tool, folder: Path) -> list[str]:
    """Build from a copy of the module that has the file; go allows no overlay over its cache of modules."""
    path, _ = module(tool)
    source = json.loads(_go(tool, "mod", "download", "-json", f"{path}@{module(tool)[1]}"))["Dir"]
    copy = folder / "module"
    shutil.copytree(source, copy, copy_function=shutil.copyfile)
    for each in (copy, *(found for found in copy.rglob("*") if found.is_dir())):
        each.chmod(0o755)  # those of go's cache are read-only
    placeholder = copy / tool.placeholder
    placeholder.parent.mkdir(parents=True, exist_ok=True)
    placeholder.write_text("\n", encoding="utf-8")
    for name in ("go.mod", "go.sum"):
        shutil.copy(TOOLS / tool.folder / name, folder / name)
    _go(tool, "mod", "edit", f"-replace={path}={copy}", str(folder / "go.mod"))
    return ["-modfile", str(folder / "go.mod")]


def _go(tool: Tool, *arguments: str) -> str:
    environ = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "auto", "GOFLAGS": ""}
    command = [GO, *arguments]
    where = TOOLS / tool.folder
    return subprocess.run(
        command, cwd=where, env=environ, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
