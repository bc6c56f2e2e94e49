"""Small Kubernetes objects for tests that care about how objects relate."""

from typing import Any

from charts_src.objects import Body


def thing(kind: str, name: str, namespace: str = "", **fields: Any) -> Body:
    """Give an object; `kind` is written group/Kind, or Kind for the core group."""
    group, _, kind = kind.rpartition("/")
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": metadata, **fields}


def deployment(name: str, namespace: str, **pod: Any) -> Body:
    """Give a Deployment whose PodSpec has the further fields `pod`."""
    spec = {"containers": [{"name": "main", "image": "example.com/main:1"}], **pod}
    return thing("apps/Deployment", name, namespace, spec={"template": {"spec": spec}})


def definition(group: str, kind: str) -> Body:
    """Give a CustomResourceDefinition; its plural is the kind in lower case with an s."""
    plural = f"{kind.lower()}s"
    spec = {"group": group, "names": {"kind": kind, "plural": plural}}
    return thing("apiextensions.k8s.io/CustomResourceDefinition", f"{plural}.{group}", spec=spec)


RBAC = "rbac.authorization.k8s.io"


def role(name: str, group: str, resource: str, *verbs: str) -> Body:
    """Give a ClusterRole with one rule."""
    rule = {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
    return thing(f"{RBAC}/ClusterRole", name, rules=[rule])


def binding(name: str, namespace: str, account: str) -> Body:
    """Give a ClusterRoleBinding of the ClusterRole of the same name to a ServiceAccount."""
    return thing(
        f"{RBAC}/ClusterRoleBinding",
        name,
        roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        subjects=[{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    )
