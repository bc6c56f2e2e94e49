"""Accounts and bindings around workflow pods: each may report what its step did, and a few may do more.

Source: docs/workflow-rbac.md of argo-workflows v4.1.4.
"""

from charts_src.lib.namespaces import TRAINING
from charts_src.lib.rbac import Rule, account
from charts_src.objects import Body

EXECUTOR = "workflow-executor"
"""Role of every workflow pod."""

EXECUTOR_RULES = (Rule("argoproj.io", ("workflowtaskresults",), ("create", "patch")),)


def workflow_account(name: str) -> Body:
    """Give a ServiceAccount whose token its pods get: Argo can't ask for it in the pod, only turn it off."""
    return account(name, TRAINING, token=True)


def binding(role: str, account: str, account_namespace: str = TRAINING, namespace: str = TRAINING) -> Body:
    """Give an account the rules of a Role of a namespace; the binding is named after both if they differ."""
    group = "rbac.authorization.k8s.io"
    name = role if role == account else f"{account}-{role}"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": role},
        "subjects": [
            {"apiGroup": "", "kind": "ServiceAccount", "name": account, "namespace": account_namespace}
        ],
    }
