"""The images that this repository builds: where each is described, and what it starts from.

An image is the stage of its own name in images/<folder>/Dockerfile. Upstream images come in as build
arguments, so that mirrors and digests of an environment hold for them too; the Dockerfile has the same as
default.
"""

import re
from typing import NamedTuple

from charts_src.lib.images import image
from charts_src.model import Environment
from charts_src.publish import Files

BASES = {
    "NEURON_INFERENCE": "public.ecr.aws/neuron/pytorch-inference-neuronx:"
    "2.8.0-neuronx-py311-sdk2.26.1-ubuntu22.04",
    "NEURON_TRAINING": "public.ecr.aws/neuron/pytorch-training-neuronx:"
    "2.9.0-neuronx-py312-sdk2.30.0-ubuntu24.04",
    "PYTHON": "docker.io/library/python:3.12.14-slim-bookworm",
    "SPARK": "docker.io/apache/spark:4.0.4",
}
"""Build argument -> image of upstream. Training: the last one that trains on trn1. Inference: the last one
that optimum-neuron 0.4.5, which serves Stable Diffusion on inf2, goes with."""


class Folder(NamedTuple):
    """A folder of images/."""

    images: tuple[str, ...]
    bases: tuple[str, ...]
    """Build arguments of its Dockerfile."""


FOLDERS = {
    "llama2": Folder(
        ("llama2-train-cpu", "llama2-train-gpu", "llama2-train-neuron"), ("NEURON_TRAINING", "PYTHON")
    ),
    "llm": Folder(("llm-serve",), ("PYTHON",)),
    "notebook": Folder(("notebook", "notebook-gpu", "notebook-neuron"), ("NEURON_TRAINING", "PYTHON")),
    "ray": Folder(
        ("ray", "ray-gpu", "ray-neuron", "ray-train", "ray-train-neuron"), ("NEURON_TRAINING", "PYTHON")
    ),
    "spark": Folder(("spark",), ("PYTHON", "SPARK")),
    "stable_diffusion": Folder(
        ("stable-diffusion-finetune", "stable-diffusion-serve-gpu", "stable-diffusion-serve-inf2"),
        ("NEURON_INFERENCE", "PYTHON"),
    ),
    "tensorboard": Folder(("tensorboard",), ("PYTHON",)),
}
"""Folder of images/ -> what is built there."""


class Wanted(NamedTuple):
    """An image of ours that the manifests of an environment name."""

    name: str
    tag: str


def wanted(env: Environment, files: Files) -> list[Wanted]:
    """Find the images of ours in rendered text: in pods, in custom resources, and in settings of programs."""
    reference = re.compile(rf"{re.escape(env.registry)}/([a-z0-9-]+):([A-Za-z0-9_][A-Za-z0-9_.-]*)")
    return sorted({Wanted(*match.groups()) for text in files.values() for match in reference.finditer(text)})


def folder_of(name: str) -> str:
    """Give the folder of images/ in which an image is described. Raises KeyError for one that is in none."""
    for folder, each in FOLDERS.items():
        if name in each.images:
            return folder
    raise KeyError(f"{name}: no image of charts_src/lib/own_images.py; add it there")


def build_arguments(env: Environment, folder: str) -> dict[str, str]:
    """Give the upstream images that a folder builds on, as the environment pulls them."""
    return {name: image(env, BASES[name]) for name in FOLDERS[folder].bases}
