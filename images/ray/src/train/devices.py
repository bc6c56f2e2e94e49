"""What differs between NVIDIA GPUs, Trainium and CPUs."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import ray.train.torch
import torch
from torch.nn.parallel import DistributedDataParallel


class Device:
    """The accelerator of this process, and the sum of gradients over all processes."""

    def __init__(self, accelerator: str) -> None:
        """Find the device that Ray gave the process."""
        self._accelerator = accelerator
        if accelerator == "trainium":
            import torch_xla

            self.device = torch_xla.device()
        else:
            self.device = ray.train.torch.get_device() if accelerator == "nvidia" else torch.device("cpu")

    def place(self, model: Any) -> Any:
        """Put the model on the device; the result computes as the model does, and knows of the others."""
        model.to(self.device)
        if self._accelerator == "trainium":
            return model
        return DistributedDataParallel(model, [self.device] if self._accelerator == "nvidia" else None)

    def precision(self) -> AbstractContextManager[Any]:
        """Compute in bfloat16 on accelerators."""
        if self._accelerator == "none":
            return nullcontext()
        kind = "xla" if self._accelerator == "trainium" else "cuda"
        found: AbstractContextManager[Any] = torch.autocast(kind, dtype=torch.bfloat16)
        return found

    def alone(self, placed: Any, *, until_now: bool) -> AbstractContextManager[Any]:
        """Leave the others out of a backward pass that is not the last one of a step."""
        if until_now or self._accelerator == "trainium":
            return nullcontext()
        found: AbstractContextManager[Any] = placed.no_sync()
        return found

    def update(self, optimizer: Any, weights: list[torch.nn.Parameter]) -> None:
        """Do the step that the gradients say."""
        if self._accelerator == "trainium":
            import torch_xla.core.xla_model as xm

            xm.reduce_gradients(optimizer)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    def done(self) -> None:
        """End a step: XLA has only noted it so far, and computes it now."""
        if self._accelerator == "trainium":
            import torch_xla

            torch_xla.sync()
