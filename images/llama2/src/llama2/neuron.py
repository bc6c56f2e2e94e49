"""Training on NeuronCores with neuronx-distributed (NxD): shares of layers, ZeRO-1, and its checkpoints.

Read in neuronx-distributed 0.18 (release 2.29; that of 2.30 has no public source): trainer/trainer.py,
trainer/optimizer.py, trainer/checkpoint.py, parallel_layers/layers.py, loss_functions.py and
parallel_state.py, utils/adamw_fp32_optim_params.py; and how they are used together, in
examples/training/llama/tp_zero1_llama_hf_pretrain. Weights are bfloat16; the optimizer keeps them in 32 bits,
which checkpoints hold, too.

No test runs this on a device: tests give it a stand-in that has NxD's signatures.
"""

import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional

from llama2.architectures import START_DEVIATION, Architecture
from llama2.arguments import Settings
from llama2.dataset import SEED
from llama2.model import Block, Llama, Parts
from llama2.optimizer import CLIP, OPTIMIZER, groups

TAG = "nxd"
"""Folder of NxD's files in a checkpoint."""


class NeuronBackend:
    """A process with one NeuronCore."""

    layout = "nxd"

    def __init__(self, settings: Settings) -> None:
        """Join the gang; importing the backend of XLA makes it known to torch."""
        import neuronx_distributed as nxd
        import torch_xla.core.xla_model as xm
        import torch_xla.distributed.xla_backend  # noqa: F401
        from neuronx_distributed.parallel_layers import parallel_state

        dist.init_process_group("xla")
        self._nxd, self._xm = nxd, xm
        # The configuration also makes the groups of processes.
        self._config = nxd.neuronx_distributed_config(
            tensor_parallel_size=settings.tensor_parallel,
            optimizer_config={"zero_one_enabled": True, "grad_clipping": True, "max_grad_norm": CLIP},
            activation_checkpoint_config=Block,
            mixed_precision_config={
                "use_master_weights": True,
                "use_fp32_grad_acc": True,
                "use_master_weights_in_ckpt": True,
            },
        )
        self._device = xm.xla_device()
        self.rank, self.world = dist.get_rank(), dist.get_world_size()
        self.copies: int = parallel_state.get_data_parallel_size()
        self.copy: int = parallel_state.get_data_parallel_rank()

    def build(self, size: Architecture, vocabulary: int) -> None:
        """Make the model: all processes of a group draw the same numbers, and each keeps its share."""
        torch.manual_seed(SEED)

        def make() -> nn.Module:
            return Llama(size, vocabulary, _parts()).to(torch.bfloat16)

        from neuronx_distributed.utils.adamw_fp32_optim_params import AdamW_FP32OptimParams

        self._model = self._nxd.initialize_parallel_model(self._config, make)
        self._optimizer = self._nxd.initialize_parallel_optimizer(
            self._config, AdamW_FP32OptimParams, groups(self._model), **OPTIMIZER
        )
        self._optimizer.zero_grad()

    def accumulate(self, samples: Any, share: float) -> float:
        """Go forward and back; reading the loss has the graph run."""
        self._model.train()
        loss = self._model(self._tensor(samples))
        (loss * share).backward()
        self._xm.mark_step()
        return float(loss.detach())

    def update(self, rate: float) -> None:
        """Let ZeRO-1 sum up, clip and step."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._xm.mark_step()

    @torch.no_grad()
    def loss(self, samples: Any) -> float:
        """Go forward."""
        self._model.eval()
        return float(self._model(self._tensor(samples)))

    def total(self, value: float) -> float:
        """Add up in 32 bits, which hold every step and a loss well enough."""
        tensor = torch.tensor([value], dtype=torch.float32, device=self._device)
        return float(self._xm.all_reduce(self._xm.REDUCE_SUM, tensor)[0])

    def save(self, folder: Path) -> None:
        """Write a file for each share of the model, and one for each process' share of the optimizer."""
        self._nxd.save_checkpoint(str(folder), TAG, model=self._model, optimizer=self._optimizer)

    def load(self, folder: Path, *, optimizer: bool) -> None:
        """Read them; the optimizer only by as many processes as wrote it."""
        self._nxd.load_checkpoint(
            str(folder), TAG, model=self._model, optimizer=self._optimizer if optimizer else None
        )

    def exchange(self, size: int) -> tuple[float, bool]:
        """Time one all-reduce; before, the numbers have to be on the device."""
        tensor = torch.full((size // 4,), float(self.rank + 1), device=self._device)
        self.total(0)
        start = time.monotonic()
        found = self._xm.all_reduce(self._xm.REDUCE_SUM, tensor)
        self._xm.mark_step()
        self._xm.wait_device_ops()
        seconds = time.monotonic() - start
        return seconds, bool((found == self.world * (self.world + 1) / 2).all())

    def close(self) -> None:
        """Let all arrive, so that nobody loses a peer in the middle of something."""
        self._xm.rendezvous("end")

    def _tensor(self, samples: Any) -> Tensor:
        return torch.as_tensor(samples).to(self._device)


def _parts() -> Parts:
    from neuronx_distributed.parallel_layers.layers import (
        ColumnParallelLinear,
        ParallelEmbedding,
        RowParallelLinear,
    )
    from neuronx_distributed.parallel_layers.loss_functions import parallel_cross_entropy

    draw = partial(nn.init.normal_, std=START_DEVIATION)

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        """Lose nothing of the logits to bfloat16; the function writes to what it is given."""
        each: Tensor = parallel_cross_entropy(logits.flatten(0, 1).float(), labels.flatten())
        return each.mean()

    return Parts(
        embedding=partial(ParallelEmbedding, init_method=draw),
        column=partial(ColumnParallelLinear, bias=False, gather_output=False, init_method=draw),
        row=partial(RowParallelLinear, bias=False, input_is_parallel=True, init_method=draw),
        attention=_attention,
        loss=loss,
    )


def _attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Write attention out, as the compiler knows it; its weights are not kept for the way back."""
    tokens = query.shape[2]
    later = torch.ones(tokens, tokens, dtype=torch.bool, device=query.device).triu(1)
    scores = query @ key.transpose(2, 3) / query.shape[3] ** 0.5
    weights = functional.softmax(scores.float().masked_fill(later, -1e4), dim=-1).to(value.dtype)
    return weights @ value
