"""The namespaces, each with its Pod Security level and no traffic allowed but DNS."""

from charts_src.lib import network
from charts_src.lib.namespaces import NAMESPACES, PodSecurity
from charts_src.manifest import Component
from charts_src.objects import Body


class Namespaces(Component):
    """Every namespace that other components put their objects in."""

    name = "namespaces"
    target_namespace = "default"

    def compose(self) -> None:
        """Add each namespace with its network policies."""
        for name, security in NAMESPACES.items():
            self.add(_namespace(name, security, self.env.kubernetes))
            self.add(network.default_deny(name))
            self.add(network.dns_egress(name))


def _namespace(name: str, security: PodSecurity, minor: str) -> Body:
    """Pin the level to the cluster's minor version, so that an upgrade of the cluster changes no rule."""
    labels = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", security.level), ("-version", f"v{minor}"))
    }
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
