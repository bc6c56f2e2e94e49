"""Pin the Go module of a tool anew: `python -m tools.pin FOLDER MODULE VERSION PACKAGE... [OLD=NEW...]`.

Writes tools/FOLDER/go.mod and go.sum: what the module itself pins, so that the tool is built from what its
release was built from, and the module. A Go module that is required does not bring its `replace` lines along,
so they are repeated; one by a folder of the module becomes one by the released module of that folder. More
replacements can be given; a folder of the tool itself stands in for the module that its go.mod names, as
tools/karpenter/timestreamwrite does.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).parent


def go(folder: Path, *arguments: str) -> str:
    """Run go in a folder and return what it prints; a failure raises CalledProcessError."""
    environ = {**os.environ, "GOTOOLCHAIN": "auto", "GOFLAGS": "-mod=mod"}
    command = [str(TOOLS.parent / ".tools/go"), *arguments]
    return subprocess.run(
        command, cwd=folder, env=environ, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def edits(upstream: dict[str, Any], version: str) -> list[str]:
    """Give the options of `go mod edit` that make a module's go.mod that of a tool which is built from it.

    `upstream` is its go.mod as `go mod edit -json` prints it. A folder that stands in for a module is
    released with the version of the module around it where v0.0.0 of it is required (Kubernetes releases
    v1.X.Y of itself with v0.X.Y of its folders), else as the version that is required.
    """
    path = upstream["Module"]["Path"]
    found = [f"-require={path}@{version}"]
    found += [f"-droptool={each['Path']}" for each in upstream.get("Tool") or ()]
    required = {each["Path"]: each["Version"] for each in upstream["Require"]}
    of_folder = re.sub(r"^v1", "v0", version) if path == "k8s.io/kubernetes" else version
    for each in upstream.get("Replace") or ():
        old, new = each["Old"]["Path"], each["New"]
        if "Version" not in new:
            zero = required.get(old, "").startswith("v0.0.0")
            found += [f"-dropreplace={old}"] + ([f"-replace={old}={old}@{of_folder}"] if zero else [])
    return found


def pin(folder: Path, module: str, version: str, packages: list[str], replacements: list[str]) -> None:
    """Write go.mod and go.sum of a tool that is built from packages of a version of a module."""
    folder.mkdir(exist_ok=True)
    source = json.loads(go(TOOLS, "mod", "download", "-json", f"{module}@{version}"))
    upstream = json.loads(go(TOOLS, "mod", "edit", "-json", source["GoMod"]))
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(Path(source["Dir"], name), folder / name)
    go(folder, "mod", "edit", f"-module=genai-on-eks/tools/{folder.name}", *edits(upstream, version))
    for own in folder.glob("*/go.mod"):
        path = json.loads(go(TOOLS, "mod", "edit", "-json", str(own)))["Module"]["Path"]
        go(folder, "mod", "edit", f"-replace={path}=./{own.parent.name}")
    for each in replacements:
        go(folder, "mod", "edit", f"-replace={each}")
    go(folder, "list", "-deps", *packages)  # adds the checksums that are missing


if __name__ == "__main__":
    _, name, of_module, of_version, *rest = sys.argv
    pin(TOOLS / name, of_module, of_version, [x for x in rest if "=" not in x], [x for x in rest if "=" in x])
