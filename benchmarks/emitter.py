"""How fast objects become YAML: `python -m benchmarks.emitter` prints a Markdown table row.

Material: the CRD schemas and rendered objects of this repository, then made-up Deployments and ConfigMaps
until there are 2 MB of YAML. One thread; before each round `emit` forgets the strings it has seen. A ratio is
taken within one round, in which the three writers take turns; the row shows medians over the rounds.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import yaml

from charts_src import emit as emitter
from charts_src.emit import emit

ROOT = Path(__file__).parents[1]
SIZE = 2_000_000
ROUNDS = 7
SCRIPT = "#!/bin/sh\nset -eu\nfor node in $(cat /etc/mpi/hostfile); do\n\tssh $node nvidia-smi -L\ndone\n" * 4


def emit_all(bodies: list[Any]) -> str:
    return "---\n".join(emit(body) for body in bodies)


def pyyaml_all(bodies: list[Any]) -> str:
    return yaml.dump_all(bodies, Dumper=yaml.CSafeDumper, sort_keys=True)


def json_all(bodies: list[Any]) -> str:
    return "\n".join(json.dumps(body, indent=2, sort_keys=True) for body in bodies)


def checked_in() -> Iterator[Any]:
    """Yield the schemas and objects of this repository."""
    for path in sorted(ROOT.glob("schemas/crds/*.json")):
        yield json.loads(path.read_text("utf-8"))
    for path in sorted(ROOT.glob("rendered/**/*.yaml")):
        yield yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)


def made_up(number: int) -> list[Any]:
    """Return a Deployment and its ConfigMap; `number` sets their names and some values."""
    labels = {"app.kubernetes.io/name": f"server-{number}", "app.kubernetes.io/version": f"1.{number}"}
    container = {
        "name": "server",
        "image": f"registry.example.com/team/server:v1.{number}.0",
        "args": [f"--port={8000 + number}", "--model=/models/llama", "--dtype", "bfloat16"],
        "env": [{"name": f"OPTION_{index}", "value": str(number * index)} for index in range(8)],
        "ports": [{"containerPort": 8000 + number, "name": "http", "protocol": "TCP"}],
        "resources": {"limits": {"cpu": "500m", "memory": f"{number}Gi", "nvidia.com/gpu": 1}},
    }
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "nodeSelector": {"gpu": "true"}},
    }
    spec = {"replicas": number, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": f"server-{number}", "namespace": "serving", "labels": labels}
    data = {"run.sh": SCRIPT + f"echo {number}\n", "settings.json": json.dumps(spec)}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data},
    ]


def install() -> list[Any]:
    """Return objects that make at least SIZE bytes of YAML."""
    bodies = list(checked_in())
    size = len(emit_all(bodies))
    number = 0
    while size < SIZE:
        number += 1
        added = made_up(number)
        size += len(emit_all(added))
        bodies += added
    return bodies


def seconds(write: Callable[[list[Any]], str], bodies: list[Any]) -> float:
    emitter._one_line.cache_clear()  # noqa: SLF001
    start = perf_counter()
    write(bodies)
    return perf_counter() - start


def main() -> None:
    bodies = install()
    size = len(emit_all(bodies).encode()) / 1e6
    rounds = [[seconds(write, bodies) for write in (emit_all, pyyaml_all, json_all)] for _ in range(ROUNDS)]
    speed = median(size / ours for ours, _, _ in rounds)
    to_pyyaml = median(theirs / ours for ours, theirs, _ in rounds)
    to_json = median(theirs / ours for ours, _, theirs in rounds)
    print(
        f"| emit, {len(bodies)} objects, {size:.1f} MB | {speed:.0f} MB/s "
        f"| {to_pyyaml:.1f} x yaml.CSafeDumper | {to_json:.1f} x json.dumps(indent=2) |"
    )


if __name__ == "__main__":
    main()
