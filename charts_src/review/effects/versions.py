"""The versions that a changed object names: images, releases, API versions.

An image is found wherever it stands: in a pod, a field of a custom resource, an argument, an environment
variable, a file in a ConfigMap.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from charts_src.diff.fields import FieldChange

_IMAGE: Final = re.compile(
    r"(?<![\w./@:-])(?P<name>(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d+)?(?:/[a-z0-9._-]+)+)"
    r"(?P<version>:[A-Za-z0-9_][\w.-]{0,127}(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})(?![\w:/])"
)
"""A reference with registry, and with tag, digest or both; https://github.com/distribution/reference."""

_VERSION_KEY: Final = re.compile(r"(?:^|[._/-]|[a-z])[vV]ersion$|^targetRevision$|^chart$")


class Image(NamedTuple):
    """A reference to a container image."""

    name: str
    """Registry and repository."""
    version: str
    """Tag, digest, or both."""

    def __str__(self) -> str:
        """Write the reference out."""
        return f"{self.name}{'' if self.version.startswith('sha256:') else ':'}{self.version}"


class Bump(NamedTuple):
    """One thing that goes from one version to another."""

    what: str
    old: str
    new: str


def images_in(value: Any) -> Iterator[Image]:
    """Give every image that a value names, in the order of the text."""
    if isinstance(value, str):
        for found in _IMAGE.finditer(value):
            yield Image(found["name"], found["version"].lstrip(":@"))
    elif isinstance(value, dict):
        for item in value.values():
            yield from images_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from images_in(item)


def image_bumps(fields: tuple[FieldChange, ...]) -> Iterator[Bump]:
    """Pair the images that the changed fields of an object no longer name with those that they name now."""
    gone, come = _counted(fields, "old"), _counted(fields, "new")
    old, new = sorted((gone - come).keys()), sorted((come - gone).keys())
    for same in (_repository, _last_part):
        for before, after in _pairs(old, new, same):
            old.remove(before)
            new.remove(after)
            moved = before.name != after.name
            yield Bump(
                after.name, str(before) if moved else before.version, str(after) if moved else after.version
            )


def field_bumps(kind: str, fields: tuple[FieldChange, ...]) -> Iterator[Bump]:
    """Give the changed fields that name a version, each as what it is a version of."""
    for change in fields:
        if isinstance(change.old, str) and isinstance(change.new, str):
            key = last_key(change.path)
            if key == "alias" and "amiSelectorTerms" in change.path:
                yield _alias(change.old, change.new)
            elif _VERSION_KEY.search(key) and not [*images_in(change.new)]:
                yield Bump(_what(kind, change.path, key), change.old, change.new)


def _alias(old: str, new: str) -> Bump:
    """Give the bump of an alias such as al2023@v20260714."""
    (old_name, _, old_version), (name, _, version) = old.partition("@"), new.partition("@")
    if old_name != name:
        return Bump("AMI alias", old, new)
    return Bump(f"AMI alias {name}", old_version, version)


def _what(kind: str, path: str, key: str) -> str:
    if kind != "ClusterConfig":
        return f"{key} of {kind}"
    if path == "metadata.version":
        return "Kubernetes"
    addon = re.fullmatch(r"addons\[name=(.+)\]\.version", path)
    return f"EKS addon {addon[1]}" if addon else f"{key} of {kind}"


def last_key(path: str) -> str:
    """Give the last field of a path: `rayVersion`, `app.kubernetes.io/version`."""
    if path.endswith('"]'):
        return path.rpartition('["')[2].removesuffix('"]')
    return re.split(r"[.\] ]", path)[-1]


def _counted(fields: tuple[FieldChange, ...], side: str) -> Counter[Image]:
    return Counter(image for change in fields for image in images_in(getattr(change, side)))


def _pairs(old: list[Image], new: list[Image], same: Any) -> list[tuple[Image, Image]]:
    """Pair images that are alike and different in nothing but their version, one to one."""
    rest = list(new)
    found = []
    for before in old:
        after = next((each for each in rest if same(each) == same(before)), None)
        if after:
            rest.remove(after)
            found.append((before, after))
    return found


def _repository(image: Image) -> str:
    return image.name


def _last_part(image: Image) -> str:
    return image.name.rpartition("/")[2]
