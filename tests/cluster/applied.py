"""What an API server made of a tree, and what a second application of it changed."""

from charts_src.objects import Body, Identity
from tools.cluster.api import Applied
from tools.cluster.tree import Installed


def everything(installed: Installed) -> dict[Identity, Applied]:
    return installed.objects | {key: pair[0] for key, pair in installed.webhooks.items()}


def warned(installed: Installed) -> dict[str, list[str]]:
    """Give the warnings of each object that has some."""
    return {str(key): found.warnings for key, found in everything(installed).items() if found.warnings}


def changed(first: Installed, second: Installed) -> list[str]:
    """Name what a second application changed."""
    # A controller may have written to an object since. An application that changes anything renews the
    # time of its own entry (apimachinery, pkg/util/managedfields/internal/managedfieldsupdater.go).
    objects = [
        str(key)
        for key, found in second.objects.items()
        if version(found) != version(first.objects[key])
        and ours(found.object) != ours(first.objects[key].object)
    ]
    return objects + [str(key) for key, (one, two) in first.webhooks.items() if version(one) != version(two)]


def ours(body: Body) -> list[Body]:
    entries = body["metadata"]["managedFields"]
    return [each for each in entries if each["manager"] == "genai-on-eks" and each["operation"] == "Apply"]


def version(applied: Applied) -> str:
    return str(applied.object["metadata"]["resourceVersion"])
