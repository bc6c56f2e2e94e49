"""Training with PyTorch alone, on GPUs or CPUs: weights are sharded over all copies, and shared by groups.

CPUs do all that GPUs do, over another transport and in 32 bits, so what is tested there is what runs here.
"""

import hashlib
import math
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import Tensor, nn
from torch.distributed.checkpoint import state_dict as states
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import Replicate, distribute_tensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.nn import functional

from llama2.architectures import START_DEVIATION, Architecture
from llama2.arguments import Settings
from llama2.dataset import SEED
from llama2.model import Llama, Parts
from llama2.optimizer import CLIP, OPTIMIZER, groups

PATIENCE = timedelta(hours=2)
"""Longest time that a process waits for others: one of them reads a whole checkpoint to see that it is good.
What hangs is found much earlier, by its heartbeat."""


class TorchBackend:
    """A process with one GPU, or some CPUs."""

    layout = "torch"

    def __init__(self, settings: Settings) -> None:
        """Join the gang."""
        gpu = settings.device == "gpu"
        self._device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if gpu else torch.device("cpu")
        if gpu:
            torch.cuda.set_device(self._device)
        dist.init_process_group(
            "nccl" if gpu else "gloo", timeout=PATIENCE, device_id=self._device if gpu else None
        )
        self.rank, self.world, shared = dist.get_rank(), dist.get_world_size(), settings.tensor_parallel
        self.copies = self.world // shared
        self._mesh = init_device_mesh(self._device.type, (self.copies, shared), mesh_dim_names=("dp", "tp"))
        self.copy = self._mesh["dp"].get_local_rank()
        self._shared = shared
        self._policy = MixedPrecisionPolicy(torch.bfloat16, torch.float32) if gpu else MixedPrecisionPolicy()

    def build(self, size: Architecture, vocabulary: int) -> None:
        """Make a model without memory, share it out, and only then fill in each process' part."""
        with torch.device("meta"):
            model = Llama(size, vocabulary, _PARTS, recompute=size.recompute)
        if self._shared > 1:
            parallelize_module(model, self._mesh["tp"], _plan(size))
        for layer in model.model.layers:
            fully_shard(layer, mesh=self._mesh["dp"], mp_policy=self._policy)
        fully_shard(model, mesh=self._mesh["dp"], mp_policy=self._policy)
        model.to_empty(device=self._device)
        for name, parameter in model.named_parameters():
            _fill(name, parameter)
        self._model = model
        self._optimizer = torch.optim.AdamW(groups(model), **OPTIMIZER)

    def accumulate(self, samples: Any, share: float) -> float:
        """Go forward and back."""
        self._model.train()
        loss = self._model(self._tensor(samples))
        (loss * share).backward()
        return float(loss.detach())

    def update(self, rate: float) -> None:
        """Clip by the norm of all gradients: shards are disjoint, but norms are whole in all of a group."""
        gradients: list[Any] = [each.grad for each in self._model.parameters() if each.grad is not None]
        parts = [gradient.to_local() for gradient in gradients]
        repeats = [1 if len(gradient.placements) > 1 else self._shared for gradient in gradients]
        squares = [part.square().sum() / times for part, times in zip(parts, repeats, strict=True)]
        norm = math.sqrt(self.total(float(torch.stack(squares).sum())))
        if norm > CLIP:
            for part in parts:
                part.mul_(CLIP / norm)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        self._optimizer.zero_grad()

    @torch.no_grad()
    def loss(self, samples: Any) -> float:
        """Go forward."""
        self._model.eval()
        return float(self._model(self._tensor(samples)))

    def total(self, value: float) -> float:
        """Add up in 64 bits."""
        tensor = torch.tensor(value, dtype=torch.float64, device=self._device)
        dist.all_reduce(tensor)
        return float(tensor)

    def save(self, folder: Path) -> None:
        """Write each process' shards to a file of its own."""
        dcp.save(self._state(optimizer=True), checkpoint_id=folder)

    def load(self, folder: Path, *, optimizer: bool) -> None:
        """Read the shards that this process has now, whoever wrote them."""
        state = self._state(optimizer=optimizer)
        dcp.load(state, checkpoint_id=folder)
        states.set_model_state_dict(self._model, state["model"])
        if optimizer:
            states.set_optimizer_state_dict(self._model, self._optimizer, state["optimizer"])

    def exchange(self, size: int) -> tuple[float, bool]:
        """Time one all-reduce."""
        tensor = torch.full((size // 4,), float(self.rank + 1), device=self._device)
        self.total(0)
        start = time.monotonic()
        dist.all_reduce(tensor)
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.monotonic() - start, bool((tensor == self.world * (self.world + 1) / 2).all())

    def close(self) -> None:
        """Leave the gang."""
        dist.destroy_process_group()

    def _state(self, *, optimizer: bool) -> dict[str, Any]:
        state: dict[str, Any] = {"model": states.get_model_state_dict(self._model)}
        if optimizer:
            state["optimizer"] = states.get_optimizer_state_dict(self._model, self._optimizer)
        return state

    def _tensor(self, samples: Any) -> Tensor:
        return torch.as_tensor(samples, device=self._device)


def _linear(inputs: int, outputs: int) -> nn.Module:
    return nn.Linear(inputs, outputs, bias=False)


def _attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(query, key, value, is_causal=True)


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())


_PARTS = Parts(nn.Embedding, _linear, _linear, _attention, _loss)


def _plan(size: Architecture) -> dict[str, Any]:
    """Say how the layers are shared by a group of processes."""
    plan: dict[str, Any] = {
        "model.embed_tokens": RowwiseParallel(input_layouts=Replicate()),
        "lm_head": ColwiseParallel(output_layouts=Replicate()),
    }
    for number in range(size.layers):
        layer = f"model.layers.{number}"
        plan |= {f"{layer}.self_attn.{name}_proj": ColwiseParallel() for name in ("q", "k", "v")}
        plan |= {f"{layer}.mlp.{name}_proj": ColwiseParallel() for name in ("gate", "up")}
        plan |= {f"{layer}.self_attn.o_proj": RowwiseParallel(), f"{layer}.mlp.down_proj": RowwiseParallel()}
    return plan


@torch.no_grad()
def _fill(name: str, parameter: Any) -> None:
    """Give a weight the same start for any number of processes: all make the whole and keep their part."""
    if parameter.dim() == 1:
        parameter.to_local().fill_(1)
        return
    seed = int.from_bytes(hashlib.sha256(f"{SEED} {name}".encode()).digest()[:8], "big") >> 1
    whole = torch.empty(parameter.shape).normal_(
        0, START_DEVIATION, generator=torch.Generator().manual_seed(seed)
    )
    part: Any = distribute_tensor(
        whole.to(parameter.device), parameter.device_mesh, parameter.placements, src_data_rank=None
    )
    parameter.to_local().copy_(part.to_local())
