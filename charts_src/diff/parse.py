"""Files to Kubernetes objects, each found by its identity."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from charts_src.errors import UserError
from charts_src.objects import Body, Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charts_src.publish import Files


class Loader(yaml.CSafeLoader):
    """Reads untagged scalars as Kubernetes does: a date and a lone = are strings."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name and shape are PyYAML's
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":value"))]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Hidden:
    """A value of a Secret: can be compared, but shows itself neither in a report nor in a traceback."""

    value: Any = field(repr=False)

    def __str__(self) -> str:
        """Give what reports show instead of the value."""
        return "(hidden)"


@dataclass(frozen=True)
class Located:
    """An object, the file that it was read from and the component that the file belongs to."""

    file: str
    body: Body

    @property
    def component(self) -> str:
        """Give the first segment of the file's path; a file at the top of the tree belongs to "."."""
        return self.file.partition("/")[0] if "/" in self.file else "."


def parse(files: "Files") -> dict[Identity, Located]:
    """Read every object of the files; values of Secrets are Hidden.

    Raises UserError, naming the file, for text that is not YAML, a document that is not a Kubernetes
    object, and an object that is described twice.
    """
    found: dict[Identity, Located] = {}
    for file in sorted(files):
        for number, body in enumerate(_documents(file, files[file]), start=1):
            identity = _identity(f"{file}: document {number}", body)
            if identity in found:
                raise UserError(f"{file}: {identity} is also in {found[identity].file}; delete one of them")
            found[identity] = Located(file, _without_secrets(body))
    return found


def _documents(file: str, text: str) -> "Iterator[Any]":
    try:
        yield from (body for body in yaml.load_all(text, Loader) if body is not None)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UserError(
            f"{file}{line}: not valid YAML: {error.problem}; render the environment again"
        ) from None
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{file}: not valid YAML: {reason}; render the environment again") from None


def _identity(where: str, body: Any) -> Identity:
    if not isinstance(body, dict):
        raise UserError(f"{where}: not a Kubernetes object but a {type(body).__name__}; write a mapping")
    metadata = body.get("metadata")
    required = {
        "apiVersion": body.get("apiVersion"),
        "kind": body.get("kind"),
        "metadata.name": metadata.get("name") if isinstance(metadata, dict) else None,
    }
    if isinstance(metadata, dict) and "namespace" in metadata:
        required["metadata.namespace"] = metadata["namespace"]
    for path, value in required.items():
        if not isinstance(value, str) or not value:
            raise UserError(f"{where}: not a Kubernetes object without {path}; write it as a string")
    return Identity.of(body)


def _without_secrets(body: Body) -> Body:
    if body["kind"] != "Secret" or body["apiVersion"] != "v1":
        return body
    return body | {part: _hidden(body[part]) for part in ("data", "stringData") if part in body}


def _hidden(part: Any) -> Any:
    return {key: Hidden(value) for key, value in part.items()} if isinstance(part, dict) else Hidden(part)
