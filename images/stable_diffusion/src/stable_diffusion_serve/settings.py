"""What the configuration of Ray Serve tells the application: `args` in charts_src/workloads/serve_config."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genai.errors import InputError

Count = Annotated[int, Field(ge=1)]


class Limits(BaseModel):
    """The largest request; what is above is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt_characters: Count = 2000
    """Length of the prompt, and of the negative one."""

    side: Annotated[int, Field(ge=64, multiple_of=8)] = 1024
    """Width and height of a picture, in pixels."""

    steps: Count = 60
    images: Count = 4
    """Pictures of one request."""

    @property
    def body_bytes(self) -> int:
        """Give the longest body: JSON may write a character in 12 bytes, and the other fields are short."""
        return 2 * 12 * self.prompt_characters + 4096


class Settings(BaseModel):
    """Everything that the service can be told."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model_source: Annotated[str, Field(min_length=1)]
    """Where the weights come from; see genai.sources."""

    device: Literal["cuda", "neuron", "cpu"]
    """What the model computes with; the service doesn't start without it."""

    batch_size: Count = 1
    """Pictures that one call of the model makes at most."""

    batch_wait_seconds: Annotated[float, Field(ge=0)] = 0.05
    """How long the model waits for more pictures of a kind, while there is more than one at a time."""

    timeout_seconds: Annotated[float, Field(gt=0)] = 120
    """Longest time for one request."""

    limits: Limits = Limits()


def read(args: object) -> Settings:
    """Read the arguments of the application. Raises InputError that names each wrong one."""
    try:
        return Settings.model_validate(args)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'args'}: {each['msg']}" for each in error.errors()
        )
        raise InputError(f"args of the application: {wrong}") from error
