"""What the service needs of a model, whatever computes it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from stable_diffusion_serve import weights
from stable_diffusion_serve.generation import Job
from stable_diffusion_serve.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

Wanted = Callable[[], bool]
"""Says whether anyone still waits for what is being computed."""


class Shape(NamedTuple):
    """What pictures must have in common to be made in one call."""

    width: int
    height: int
    steps: int
    guidance: float
    negative: bool
    """Whether there are negative prompts: without any, some models do more than take an empty one."""


class Abandoned(Exception):  # noqa: N818  # not an error: nobody waits any more
    """A call was given up, because nobody waits for it."""


class Engine(Protocol):
    """A model that makes pictures."""

    def shape(self, job: Job) -> Shape:
        """Give what the job has to share with others. Raises InputError for what the model can't do."""

    def generate(self, shape: Shape, jobs: Sequence[Job], wanted: Wanted) -> list["Image"]:
        """Make a picture for each job, in this thread; the seed of a job alone decides on its noise.

        Raises Abandoned when nobody wants them any more.
        """


def load(settings: Settings) -> Engine:
    """Fetch the weights and load them. Raises InputError for a source or a device that is not there."""
    found = weights.fetch(settings.model_source)
    if settings.device == "neuron":
        from stable_diffusion_serve.neuron_engine import NeuronEngine

        return NeuronEngine(found)
    from stable_diffusion_serve.diffusers_engine import DiffusersEngine

    return DiffusersEngine(found, settings.device)
