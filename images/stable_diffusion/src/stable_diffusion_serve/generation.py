"""A request for pictures: its JSON, what is wrong with it, and the jobs that it is made of."""

import secrets
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from stable_diffusion_serve.settings import Limits

SEEDS = 2**32

Side = Annotated[int, Field(ge=64)]


class Job(NamedTuple):
    """One picture."""

    prompt: str
    negative_prompt: str
    steps: int
    guidance: float
    width: int | None
    """In pixels; None for the model's own."""
    height: int | None
    seed: int
    company: bool = False
    """Whether its request is for several pictures."""


class Generate(BaseModel):
    """Body of POST /generate."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prompt: Annotated[str, Field(min_length=1)]
    """What to show."""

    negative_prompt: str = ""
    """What not to show."""

    steps: Annotated[int, Field(ge=1)] = 30
    """Steps of the scheduler."""

    guidance: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] = 5.0
    """How closely to follow the prompt."""

    width: Side | None = None
    """In pixels, a multiple of 8; left out, what the model was trained with."""

    height: Side | None = None
    """In pixels, a multiple of 8; left out, what the model was trained with."""

    seed: Annotated[int, Field(ge=0, lt=SEEDS)] | None = None
    """Gives the same picture again; the pictures of one request have it and the numbers that follow."""

    images: Annotated[int, Field(ge=1)] = 1
    """How many pictures."""

    def problems(self, limits: Limits) -> Iterator[str]:
        """Find what the limits or the model don't allow; each line names the field and the remedy."""
        for name in ("prompt", "negative_prompt"):
            if (length := len(getattr(self, name))) > limits.prompt_characters:
                yield f"{name}: has {length} characters; at most {limits.prompt_characters} are allowed"
        if not self.prompt.strip():
            yield "prompt: is blank; say what to show"
        for name in ("width", "height"):
            side = getattr(self, name)
            if side is not None and (side % 8 or side > limits.side):
                yield f"{name}: is {side}; write a multiple of 8 from 64 to {limits.side}"
        for name, most in (("steps", limits.steps), ("images", limits.images)):
            if (number := getattr(self, name)) > most:
                yield f"{name}: is {number}; at most {most} are allowed"

    def jobs(self) -> list[Job]:
        """Give a job for each picture; without a seed one is drawn."""
        first = secrets.randbelow(SEEDS) if self.seed is None else self.seed
        return [
            Job(
                self.prompt,
                self.negative_prompt,
                self.steps,
                self.guidance,
                self.width,
                self.height,
                (first + number) % SEEDS,
                company=self.images > 1,
            )
            for number in range(self.images)
        ]


def sentence(errors: Sequence[Any]) -> str:
    """Write Pydantic's errors of a body in one line, without what was sent."""
    return "; ".join(f"{_place(each['loc'])}: {_message(each)}" for each in errors)


def _place(place: Sequence[int | str]) -> str:
    """Name a field; FastAPI puts "body" before it, and for broken JSON the position after it."""
    names = [str(part) for part in place if part != "body" and not isinstance(part, int)]
    return ".".join(names) or "body"


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return f"is unknown; there are {', '.join(Generate.model_fields)}"
    if error["type"] == "json_invalid":
        return f"is no JSON ({error['ctx']['error']})"
    if error["type"] == "missing":
        return "is missing"
    return str(error["msg"])
