"""Pulling the notebooks' image before anyone waits for it.

Source: templates/image-puller/_helpers-daemonset.tpl of zero-to-jupyterhub-k8s 4.4.0, whose continuous puller
does this for every image on every node. Here it is only for CPU notebooks on CPU nodes, which are there
before the notebook is. A node with accelerators is launched for the pod that waits for it, so nothing can be
pulled in advance; on nodes that serve or train, the puller would compete with what they are for.
"""

from charts_src.lib.accelerators import placement
from charts_src.lib.images import image
from charts_src.lib.notebooks import profile_pods, profiles
from charts_src.lib.pod import container, pod, resources
from charts_src.model import Environment
from charts_src.objects import Body

PAUSE_IMAGE = "registry.k8s.io/pause:3.10.1"

_NAME = "notebook-image-puller"
_USER = {"runAsUser": 65534, "runAsGroup": 65534}


def puller(env: Environment) -> Body | None:
    """Give the DaemonSet that pulls the image of CPU notebooks; nothing where there are none."""
    kinds = profiles(env)
    images = {
        spec["containers"][0]["image"]
        for name, spec in profile_pods(env)
        if kinds[name].accelerator == "none"
    }
    return _daemon_set(env, sorted(images)) if images else None


def _daemon_set(env: Environment, images: list[str]) -> Body:
    labels = {"app.kubernetes.io/name": _NAME}
    small = resources("10m", "16Mi")
    pulls = [
        container(
            f"pull-{index}",
            name,
            command=["/bin/sh", "-c", "echo pulled"],
            resources=resources("10m", "32Mi"),
        )
        for index, name in enumerate(images)
    ]
    spec = pod(
        container("pause", image(env, PAUSE_IMAGE), resources=small),
        initContainers=pulls,
        serviceAccountName=_NAME,
        terminationGracePeriodSeconds=0,
        **placement("none", "system"),
    )
    spec["securityContext"] = spec["securityContext"] | _USER
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": _NAME},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "100%"},
            },
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
