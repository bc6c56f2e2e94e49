"""What differs between devices, behind one interface: the loop of the training knows no other."""

from pathlib import Path
from typing import Any, Protocol

from llama2.architectures import Architecture
from llama2.arguments import Settings


class Backend(Protocol):
    """One process of the gang, on its device. What says so is called by all processes together."""

    rank: int
    """Number of this process among all."""

    world: int
    """Number of all processes."""

    copies: int
    """Copies of the model that are trained together."""

    copy: int
    """The copy of which this process has a part."""

    layout: str
    """How checkpoints are laid out: torch or nxd."""

    def build(self, size: Architecture, vocabulary: int) -> None:
        """Make the model and its optimizer, with weights as they are at the start. Together."""

    def accumulate(self, samples: Any, share: float) -> float:
        """Add the gradients of samples [batch, tokens + 1], times `share`, to those there; give their loss.

        Together.
        """

    def update(self, rate: float) -> None:
        """Do a step of the optimizer with clipped gradients, and forget them. Together."""

    def loss(self, samples: Any) -> float:
        """Give the loss of samples without learning from them. Together."""

    def total(self, value: float) -> float:
        """Give the sum of the values of all processes. Together, so it is a barrier, too."""

    def save(self, folder: Path) -> None:
        """Write model and optimizer to a folder that is there. Together."""

    def load(self, folder: Path, *, optimizer: bool) -> None:
        """Read what `save` wrote, by as many processes or others; without `optimizer` only the model."""

    def exchange(self, size: int) -> tuple[float, bool]:
        """Sum up `size` bytes over all processes; give the seconds, and whether the sum is right."""

    def close(self) -> None:
        """Leave the gang."""


def connect(settings: Settings) -> Backend:
    """Join the gang, as torchrun's environment variables say."""
    if settings.device == "neuron":
        from llama2.neuron import NeuronBackend

        return NeuronBackend(settings)
    from llama2.pytorch import TorchBackend

    return TorchBackend(settings)
