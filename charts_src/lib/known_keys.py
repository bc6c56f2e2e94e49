"""Labels and annotations with a prefix, each with the program that reads it.

Whoever reads a key looks for exactly that one: a letter too many, and nothing happens, without a word.
"""

from typing import Final

_ALB_READS: Final = "aws-load-balancer-controller v3.5.0, docs/guide/ingress/annotations.md"

_ALB: Final = (
    "auth-idp-cognito",
    "auth-idp-oidc",
    "auth-on-unauthenticated-request",
    "auth-type",
    "backend-protocol",
    "certificate-arn",
    "group.name",
    "healthcheck-interval-seconds",
    "healthcheck-path",
    "healthcheck-protocol",
    "inbound-cidrs",
    "jwt-validation",
    "listen-ports",
    "load-balancer-attributes",
    "scheme",
    "ssl-policy",
    "target-group-attributes",
    "target-type",
)

NOBODY: Final = "nobody"
"""How the entry of a key begins that only has to change."""

_RESTART: Final = f"{NOBODY}: it changes with a configuration, so that its pods start anew"
_POD_SECURITY: Final = "Pod Security admission of the API server"
_NETWORK_AND_SERVICES: Final = "selectors of Services, network policies, budgets and monitors"

KNOWN: Final[dict[str, str]] = {
    **{f"alb.ingress.kubernetes.io/{name}": _ALB_READS for name in _ALB},
    **{
        f"pod-security.kubernetes.io/{mode}{part}": _POD_SECURITY
        for mode in ("audit", "enforce", "warn")
        for part in ("", "-version")
    },
    "app.kubernetes.io/component": _NETWORK_AND_SERVICES,
    "app.kubernetes.io/instance": _NETWORK_AND_SERVICES,
    "app.kubernetes.io/managed-by": "people, as Kubernetes' recommended labels say it",
    "app.kubernetes.io/name": _NETWORK_AND_SERVICES,
    "app.kubernetes.io/part-of": "people, and kubectl --selector in docs/",
    "argocd.argoproj.io/compare-options": "Argo CD v3.6.1, docs/user-guide/compare-options.md",
    "argocd.argoproj.io/hook": "Argo CD v3.6.1, docs/user-guide/resource_hooks.md",
    "argocd.argoproj.io/hook-delete-policy": "Argo CD v3.6.1, docs/user-guide/resource_hooks.md",
    "argocd.argoproj.io/sync-options": "Argo CD v3.6.1, docs/user-guide/sync-options.md",
    "argocd.argoproj.io/sync-wave": "Argo CD v3.6.1, docs/user-guide/sync-waves.md",
    "cert-manager.io/inject-ca-from": "cert-manager's cainjector v1.21.2, docs of the CA injector",
    "cert-manager.io/inject-ca-from-secret": "cert-manager's cainjector v1.21.2, docs of the CA injector",
    "genai-on-eks/accelerator": "node selectors (charts_src/lib/accelerators.py)",
    "genai-on-eks/config": _RESTART,
    "genai-on-eks/config-checksum": _RESTART,
    "genai-on-eks/configuration": _RESTART,
    "genai-on-eks/efa": "node selectors (charts_src/lib/accelerators.py)",
    "genai-on-eks/gpu-sharing": "node selectors (charts_src/lib/gpu_sharing.py)",
    "genai-on-eks/purpose": "node selectors (charts_src/lib/accelerators.py)",
    "genai-on-eks/training-job": "selectors of the gangs (charts_src/lib/gangs.py)",
    "genai-on-eks/training-metrics": "the PodMonitor of trainings",
    "karpenter.sh/do-not-disrupt": "Karpenter v1.15.1, pkg/apis/v1/labels.go",
    "kubernetes.io/service-account.name": "the token controller of Kubernetes",
    "kueue.x-k8s.io/priority-class": "Kueue v0.19.2, pkg/controller/constants/constants.go",
    "kueue.x-k8s.io/queue-name": "Kueue v0.19.2, pkg/controller/constants/constants.go",
    "nvidia.com/device-plugin.config": "config-manager of k8s-device-plugin v0.19.3",
    "rbac.authorization.k8s.io/aggregate-to-admin": "the aggregation of ClusterRoles of Kubernetes",
    "rbac.authorization.k8s.io/aggregate-to-edit": "the aggregation of ClusterRoles of Kubernetes",
    "rbac.authorization.k8s.io/aggregate-to-view": "the aggregation of ClusterRoles of Kubernetes",
    "storageclass.kubernetes.io/is-default-class": "Kubernetes, for claims without a class",
    "workflows.argoproj.io/rbac-rule": "argo-workflows v4.1.4, docs/argo-server-sso.md",
    "workflows.argoproj.io/rbac-rule-precedence": "argo-workflows v4.1.4, docs/argo-server-sso.md",
}
"""Key -> who reads it."""
