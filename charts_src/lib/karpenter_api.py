"""What the Karpenter controller may do in the Kubernetes API, and how soon it is served there.

Sources: charts/karpenter/templates of karpenter-provider-aws v1.15.1 (clusterrole.yaml,
clusterrole-core.yaml, role.yaml), and for the FlowSchemas step15-apply-flowschemas.sh of its getting-started
guide.
"""

from charts_src.lib.rbac import READ, Rule
from charts_src.objects import Body

NODE_CLASS_RULES = (
    Rule("karpenter.k8s.aws", ("ec2nodeclasses",), READ),
    Rule("karpenter.k8s.aws", ("ec2nodeclasses", "ec2nodeclasses/status"), ("patch", "update")),
)
"""Upstream's ClusterRole `karpenter`: the part of the AWS provider."""

_POOLS = ("nodepools", "nodepools/status", "nodeclaims", "nodeclaims/status")

CORE_RULES = (
    Rule("", ("events", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes"), READ),
    Rule("", ("pods", "podtemplates", "replicationcontrollers"), READ),
    Rule("apps", ("daemonsets", "deployments", "replicasets", "statefulsets"), READ),
    Rule("autoscaling.k8s.io", ("verticalpodautoscalers",), READ),
    Rule("autoscaling.x-k8s.io", ("capacitybuffers", "capacitybuffers/status"), READ),
    Rule("karpenter.sh", (*_POOLS, "nodeoverlays", "nodeoverlays/status"), READ),
    Rule("policy", ("poddisruptionbudgets",), READ),
    Rule("resource.k8s.io", ("deviceclasses", "resourceclaims", "resourceslices"), READ),
    Rule("storage.k8s.io", ("csinodes", "storageclasses", "volumeattachments"), READ),
    Rule("karpenter.sh", ("nodeclaims", "nodeclaims/status"), ("create", "delete", "patch", "update")),
    Rule("karpenter.sh", ("nodepools", "nodepools/status", "nodeoverlays/status"), ("patch", "update")),
    Rule("autoscaling.x-k8s.io", ("capacitybuffers/status",), ("patch", "update")),
    Rule("", ("events",), ("create", "patch")),
    Rule("", ("nodes",), ("delete", "patch", "update")),
    Rule("", ("pods/eviction",), ("create",)),
    Rule("", ("pods",), ("delete",)),
)
"""Upstream's ClusterRole `karpenter-core`, sorted; pods are patched only with PodDeletionCostManagement.

Its ClusterRole `karpenter-admin` is left out: it lets namespace admins change node pools, which Git does
here.
"""

LEADER_ELECTION_ROLE: Body = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "karpenter"},
    "rules": [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create", "get", "watch"]},
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "resourceNames": ["karpenter-leader-election"],
            "verbs": ["patch", "update"],
        },
    ],
}
"""Upstream's Role in the namespace of the controller."""

DNS_ROLE: Body = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "karpenter-dns", "namespace": "kube-system"},
    "rules": [
        {"apiGroups": [""], "resources": ["services"], "resourceNames": ["kube-dns"], "verbs": ["get"]}
    ],
}
"""Upstream's Role for the address of the cluster's DNS."""


def flow_schemas(account: str, namespace: str) -> list[Body]:
    """Have the API server serve the controller as soon as it does the accounts of kube-system.

    Upstream installs into kube-system, where the API server's own FlowSchemas do that.
    """
    leases = {
        "apiGroups": ["coordination.k8s.io"],
        "namespaces": ["*"],
        "resources": ["leases"],
        "verbs": ["get", "create", "update"],
    }
    all_resources = {
        "apiGroups": ["*"],
        "clusterScope": True,
        "namespaces": ["*"],
        "resources": ["*"],
        "verbs": ["*"],
    }
    urls = {"nonResourceURLs": ["*"], "verbs": ["*"]}
    subject = {"kind": "ServiceAccount", "serviceAccount": {"name": account, "namespace": namespace}}
    return [
        _flow_schema(
            "karpenter-leader-election", 200, "leader-election", {"resourceRules": [leases]}, subject
        ),
        _flow_schema(
            "karpenter-workload",
            1000,
            "workload-high",
            {"nonResourceRules": [urls], "resourceRules": [all_resources]},
            subject,
        ),
    ]


def _flow_schema(name: str, precedence: int, level: str, rules: Body, subject: Body) -> Body:
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": {"name": name},
        "spec": {
            "distinguisherMethod": {"type": "ByUser"},
            "matchingPrecedence": precedence,
            "priorityLevelConfiguration": {"name": level},
            "rules": [rules | {"subjects": [subject]}],
        },
    }
