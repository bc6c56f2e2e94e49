"""What every section of an environment file is made of: the base class and the shared value types."""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import CoreSchema, core_schema


class Problem(NamedTuple):
    """One thing that is wrong in an environment: where (keys and list indexes), and what to write instead."""

    where: tuple[str | int, ...]
    message: str


class Model(BaseModel):
    """A section of the environment file: frozen, strict about types, and closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)

    def problems(self) -> Iterable[Problem]:
        """Find what types alone can't: values of this section that contradict each other."""
        return ()


class Form(NamedTuple):
    r"""The form of a text value: as a pattern for editors, and in words for people.

    Use it as `Annotated[str, Form(r"^[a-z]+$", "write lower-case letters")]`. The words complete the sentence
    `"Prod" does not fit; ...`. The pattern is valid in Rust (pydantic) and in ECMAScript (JSON Schema), so it
    has no look-around, and no \d or \w, which mean more in Rust.
    """

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        """Validate by the pattern; report an error of type "form" that carries the words."""
        text = core_schema.str_schema(pattern=self.pattern, strict=True)
        words = {"words": self.words}
        return core_schema.custom_error_schema(
            text, "form", custom_error_message="{words}", custom_error_context=words
        )


class Version(NamedTuple):
    """Marks a field that says which release of something an environment runs.

    It is what a promotion takes from one environment to the next; all else is a decision of each.
    """

    in_bucket: bool = False
    """Whether the field is a place where the bucket of an s3:// address is the environment's own."""


VERSION = Version()
VERSION_IN_BUCKET = Version(in_bucket=True)


def matching(check: Callable[[str], str | None]) -> AfterValidator:
    """Turn a function that says what is wrong with a text (or None) into a validator.

    What it says completes a sentence that starts with the text, such as "is no IPv4 network; write ...".
    """

    def validate(value: str) -> str:
        if problem := check(value):
            raise ValueError(problem)
        return value

    return AfterValidator(validate)


def _network(cidr: str) -> str | None:
    remedy = "write it with its host bits zero, such as 10.64.0.0/16"
    try:
        return None if str(IPv4Network(cidr)) == cidr else f"is not the usual form of a network; {remedy}"
    except ValueError:
        return f"is no IPv4 network; {remedy}"


_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"

Name = Annotated[
    str,
    Form(rf"^{_LABEL}$", "write 1 to 63 lower-case letters, digits and hyphens, without a hyphen at an end"),
]
"""DNS label (RFC 1123): at most 63 lower-case letters, digits and hyphens."""

Hostname = Annotated[
    str,
    Form(rf"^({_LABEL}\.)+[a-z]{{2,63}}$", "write a full host name in lower case, such as ai.example.com"),
    Field(max_length=253),
]
"""Fully qualified domain name in lower case."""

Quantity = Annotated[
    str,
    Form(
        r"^[1-9][0-9]*(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$",
        'write a Kubernetes quantity, such as 500m, "4" or 16Gi',
    ),
]
"""Kubernetes resource quantity, such as 500m, 4 or 16Gi."""

Cidr = Annotated[str, matching(_network)]
"""IPv4 network with its host bits zero."""

ImageTag = Annotated[str, Form(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", "write the tag of an image"), VERSION]
"""Tag of an image of ours."""

AccountId = Annotated[str, Form(r"^[0-9]{12}$", "write the 12 digits of the account, in quotes")]
"""AWS account: 12 digits, in quotes because YAML would read a number."""

CertificateArn = Annotated[
    str,
    Form(
        r"^arn:aws(-[a-z]+)*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+$",
        "write the ARN of a certificate: arn:aws:acm:REGION:ACCOUNT:certificate/ID",
    ),
]
"""ARN of a certificate in AWS Certificate Manager."""

KubernetesMinor = Literal["1.34", "1.35", "1.36"]
"""Kubernetes minor versions whose schemas are in schemas/kubernetes."""

CapacityType = Literal["reserved", "spot", "on-demand"]
"""How Karpenter buys a node (label karpenter.sh/capacity-type)."""


def all_problems(value: object, where: tuple[str | int, ...] = ()) -> Iterable[Problem]:
    """Find every problem of a section and of all sections inside it; `where` is the path to `value`."""
    if isinstance(value, Model):
        yield from (Problem((*where, *problem.where), problem.message) for problem in value.problems())
        for field in type(value).model_fields:
            yield from all_problems(getattr(value, field), (*where, field))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from all_problems(item, (*where, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from all_problems(item, (*where, index))
