"""How fast do objects become YAML?

Material: CRDs that the platform installs, then made-up Deployments and ConfigMaps until there are 2 MB of
YAML. One thread. Before each round `emit` forgets the strings it has seen.
"""

import json
from collections.abc import Callable
from functools import partial
from itertools import chain, count
from time import perf_counter
from typing import Any

import yaml

from benchmarks.measure import Answer, Row, Target, interleave, ratio
from charts_src import ROOT
from charts_src import emit as emitter
from charts_src.emit import emit

SIZE = 2_000_000
SCRIPT = "#!/bin/sh\nset -eu\nfor node in $(cat /etc/mpi/hostfile); do\n\tssh $node nvidia-smi -L\ndone\n" * 4


def measure(size: int, rounds: int) -> Answer:
    """Time writers of the same objects in turn."""
    bodies = install(size)
    written = len(_emit_all(bodies).encode()) / 1e6
    ours, theirs, json_ = "emit", "yaml.CSafeDumper", "json.dumps(indent=2)"
    writers = {ours: _emit_all, theirs: _pyyaml_all, json_: _json_all}
    found = interleave(
        {name: partial(_milliseconds, writer, bodies) for name, writer in writers.items()}, rounds
    )
    against = ratio(f"emit / {theirs}", found[ours], found[theirs])
    rows = [*(Row(what, values, "ms") for what, values in found.items()), against]
    how = (
        f"{len(bodies)} objects, {written:.1f} MB of YAML: CRDs, then made-up Deployments and ConfigMaps. In "
        "one process; before each round `emit` forgets the strings that it has seen."
    )
    target = Target("emit faster than PyYAML's C dumper", against.median < 1)
    return Answer("YAML from objects", how, rows, [target])


def install(size: int) -> list[Any]:
    """Return objects that make `size` bytes of YAML or a little more: at most half are CRDs."""
    bodies: list[Any] = []
    written = 0
    for path in sorted(ROOT.glob("schemas/upstream/crds/*.json")):
        crd = json.loads(path.read_text("utf-8"))
        if (more := written + len(emit(crd))) <= size // 2:
            bodies.append(crd)
            written = more
    for body in chain.from_iterable(map(_made_up, count(1))):
        if written >= size:
            break
        bodies.append(body)
        written += len(emit(body))
    return bodies


def _made_up(number: int) -> list[Any]:
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


def _emit_all(bodies: list[Any]) -> str:
    return "---\n".join(map(emit, bodies))


def _pyyaml_all(bodies: list[Any]) -> str:
    return yaml.dump_all(bodies, Dumper=yaml.CSafeDumper, sort_keys=True)


def _json_all(bodies: list[Any]) -> str:
    return "\n".join(json.dumps(body, indent=2, sort_keys=True) for body in bodies)


def _milliseconds(write: Callable[[list[Any]], str], bodies: list[Any]) -> float:
    emitter._one_line.cache_clear()  # noqa: SLF001
    start = perf_counter()
    write(bodies)
    return (perf_counter() - start) * 1e3
