"""What the hub may do in the namespace of users' servers.

Source: templates/hub/rbac.yaml of zero-to-jupyterhub-k8s 4.4.0; the calls in spawner.py of kubespawner 7.0.0.
"""

from charts_src.lib.namespaces import NOTEBOOKS
from charts_src.lib.rbac import READ, Rule
from charts_src.objects import Body

SPAWNER = "kubespawner"
"""Role of the hub in the namespace of the servers."""

SPAWNER_RULES = (
    Rule("", ("pods",), ("create", "delete", *READ)),
    Rule("", ("persistentvolumeclaims",), ("create", "get")),
    Rule("", ("events",), READ),
)
"""Upstream's Role without what kubespawner 7.0.0 calls only with settings that are off:

- secrets, services: with internal_ssl or services_enabled.
- persistentvolumeclaims delete: with delete_pvc; list and watch never.
"""


def in_notebooks(body: Body) -> Body:
    """Put an object into the namespace of the servers."""
    return body | {"metadata": body["metadata"] | {"namespace": NOTEBOOKS}}
