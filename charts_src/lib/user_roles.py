"""ClusterRoles for people: whoever holds Kubernetes' own roles view or edit may use a custom resource too.

Source: the aggregation labels of Kubernetes' default ClusterRoles; edit includes view, admin includes edit.
"""

from charts_src.lib.rbac import READ, Rule, cluster_role
from charts_src.objects import Body

EDIT = ("create", "delete", "deletecollection", "patch", "update")


def viewer(name: str, group: str, *resources: str) -> Body:
    """Let those with the role `view` see custom resources and their status."""
    return _aggregated(f"{name}-view", "view", Rule(group, resources, READ))


def editor(name: str, group: str, *resources: str) -> Body:
    """Let those with the role `edit` write custom resources, but not the status that a controller writes."""
    return _aggregated(f"{name}-edit", "edit", Rule(group, resources, EDIT))


def _aggregated(name: str, to: str, rule: Rule) -> Body:
    body = cluster_role(name, [rule])
    labels = {f"rbac.authorization.k8s.io/aggregate-to-{to}": "true"}
    return body | {"metadata": body["metadata"] | {"labels": labels}}
