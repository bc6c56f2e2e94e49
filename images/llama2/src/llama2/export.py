"""Writes the newest good checkpoint of a run as Hugging Face has models, for those that serve or tune it.

Weights pass through memory one file at a time, whatever the size of the model, in bfloat16.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai import checkpoints, errors
from genai.errors import InputError
from llama2 import tokenizers
from llama2.architectures import architecture, hugging_face
from llama2.arguments import Parser
from llama2.runs import CHECKPOINTS, MODEL, state_of

LARGEST_FILE = 2 << 30
"""Bytes of weights in a file."""

_ROW = ("o_proj.weight", "down_proj.weight")
"""Weights that NxD shares out along their second dimension; norms are whole everywhere."""

Read = Callable[[list[str]], dict[str, Tensor]]
"""Gives weights by their names."""


def main() -> None:
    """Read the command line and export."""
    parser = Parser(prog="python -m llama2.export", description=__doc__)
    parser.add_argument("--run", required=True, type=Path, help="folder of the run")
    parser.add_argument("--tokenizer", required=True, type=Path, help="folder of its tokenizer")
    options = parser.parse_args()
    tokenizers.load(options.tokenizer)
    found = checkpoints.newest_good(options.run / CHECKPOINTS)
    if found is None:
        raise InputError(f"{options.run}: has no good checkpoint; train first")
    stage, target = options.run / f"{MODEL}.new", options.run / MODEL
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    state = state_of(found.folder)
    sizes, read = _LAYOUTS[state["layout"]](found.folder)
    _write(stage, sizes, read)
    _config(state).save_pretrained(stage)
    for path in tokenizers.files(options.tokenizer):
        shutil.copyfile(path, stage / path.name)
    shutil.rmtree(target, ignore_errors=True)
    stage.rename(target)
    print(f"{target}: the model after {found.step} steps")


def _config(state: dict[str, Any]) -> Any:
    from transformers import LlamaConfig

    fields = hugging_face(architecture(state["model"]), state["vocabulary"], state["sequence_length"])
    return LlamaConfig(**fields, architectures=["LlamaForCausalLM"], dtype="bfloat16")


def _write(folder: Path, sizes: dict[str, int], read: Read) -> None:
    """Write safetensors with their index."""
    from safetensors.torch import save_file

    packed = list(_packed(sizes))
    places: dict[str, str] = {}
    for number, names in enumerate(packed, start=1):
        place = f"model-{number:05d}-of-{len(packed):05d}.safetensors"
        weights = {name: weight.to(torch.bfloat16).contiguous() for name, weight in read(names).items()}
        save_file(weights, folder / place, metadata={"format": "pt"})
        places |= dict.fromkeys(names, place)
    index = {"metadata": {"total_size": 2 * sum(sizes.values())}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")


def _packed(sizes: dict[str, int]) -> Iterator[list[str]]:
    """Share names out to files by the numbers that their weights have."""
    names: list[str] = []
    room = LARGEST_FILE // 2
    for name, size in sizes.items():
        if names and size > room:
            yield names
            names, room = [], LARGEST_FILE // 2
        names.append(name)
        room -= size
    yield names


def read_torch(folder: Path) -> tuple[dict[str, int], Read]:
    """Read what torch.distributed.checkpoint wrote, whole weights however they were sharded."""
    import torch.distributed.checkpoint as dcp

    described = dcp.FileSystemReader(folder).read_metadata().state_dict_metadata
    found: dict[str, Any] = {
        name.removeprefix("model."): each for name, each in described.items() if name.startswith("model.")
    }

    def read(names: list[str]) -> dict[str, Tensor]:
        weights = {name: torch.empty(found[name].size, dtype=found[name].properties.dtype) for name in names}
        dcp.load({"model": weights}, checkpoint_id=folder, no_dist=True)
        return weights

    return {name: each.size.numel() for name, each in found.items()}, read


def read_nxd(folder: Path) -> tuple[dict[str, int], Read]:
    """Put the shares together that NxD wrote, a file for each process of a group."""
    paths = sorted((folder / "nxd" / "model").glob("dp_rank_00_tp_rank_*_pp_rank_00.pt"))
    shares = [torch.load(path, map_location="cpu", mmap=True, weights_only=True) for path in paths]

    def read(names: list[str]) -> dict[str, Tensor]:
        return {name: _joined(name, [share[name] for share in shares]) for name in names}

    sizes = {
        name: weight.numel() * (len(shares) if weight.dim() > 1 else 1) for name, weight in shares[0].items()
    }
    return sizes, read


def _joined(name: str, parts: list[Tensor]) -> Tensor:
    if parts[0].dim() == 1:
        return parts[0]
    return torch.cat(parts, dim=1 if name.endswith(_ROW) else 0)


_LAYOUTS = {"torch": read_torch, "nxd": read_nxd}


if __name__ == "__main__":
    errors.run(main)
