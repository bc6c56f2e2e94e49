"""What the API server demands of every pod in our namespaces, however it comes to be.

The rules of charts_src/policy hold for what is rendered; these hold as well for pods that operators,
notebooks and people make. They are ValidatingAdmissionPolicies (admissionregistration.k8s.io/v1, in every
Kubernetes that we render for): the API server evaluates them itself, so there is no webhook that could be
down, and an expression that can't be evaluated refuses the pod. Pod Security admission stays what keeps pods
restricted; it goes by labels of the namespace, and the third policy repeats its core by name, for whoever may
label namespaces.
"""

from typing import NamedTuple

from charts_src.lib.namespaces import NAMESPACES
from charts_src.lib.network import NAMESPACE_LABEL
from charts_src.lib.registries import allowed_prefixes
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body


class Rule(NamedTuple):
    """One policy: what must be true of a pod, in CEL, and what its maker is told if it is not."""

    name: str
    expression: str
    message: str
    namespaces: tuple[str, ...]


_IMAGES = """object.spec.containers.map(c, c.image)
+ (has(object.spec.initContainers) ? object.spec.initContainers.map(c, c.image) : [])
+ (has(object.spec.ephemeralContainers) ? object.spec.ephemeralContainers.map(c, c.image) : [])"""

_PRIVILEGED = """object.spec.containers.exists(c,
  has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged)
|| (has(object.spec.initContainers) && object.spec.initContainers.exists(c,
  has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged))
|| (has(object.spec.ephemeralContainers) && object.spec.ephemeralContainers.exists(c,
  has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged))"""

_HOST = """(has(object.spec.hostNetwork) && object.spec.hostNetwork)
|| (has(object.spec.hostPID) && object.spec.hostPID)
|| (has(object.spec.hostIPC) && object.spec.hostIPC)
|| (has(object.spec.volumes) && object.spec.volumes.exists(v, has(v.hostPath)))"""

_ACCESS = """has(object.spec.volumes) && object.spec.volumes.exists(v,
  has(v.projected) && has(v.projected.sources)
  && v.projected.sources.exists(s, has(s.serviceAccountToken)))"""

_VARIABLES = {"host": _HOST, "images": _IMAGES, "privileged": _PRIVILEGED, "token": _ACCESS}
"""Name -> expression; an expression uses them as variables.<name>, and only what it uses is evaluated."""

_CHANGED = {"name": "changed", "expression": "oldObject == null || object.spec != oldObject.spec"}
"""A pod from before the policy may still be labelled and lose its finalizers."""

_EVERYWHERE = tuple(NAMESPACES)
_ORDINARY = tuple(name for name, security in NAMESPACES.items() if security.level != "privileged")


class AdmissionPolicies(Component):
    """Four policies, each with a binding that enforces it or only reports."""

    name = "admission-policies"
    target_namespace = "default"

    def compose(self) -> None:
        """Add each policy with its binding."""
        for rule in rules(self.env):
            self.add(_policy(rule))
            self.add(_binding(rule, self.env.security.admission))


def rules(env: Environment) -> tuple[Rule, ...]:
    """Give every policy.

    The token is looked for where the API server puts it, in a volume, so that automountServiceAccountToken
    may stand on the pod or on the account.
    """
    prefixes = ", ".join(f"'{prefix}'" for prefix in allowed_prefixes(env))
    return (
        Rule(
            "images-from-known-registries",
            f"variables.images.all(i, [{prefixes}].exists(prefix, i.startsWith(prefix)))",
            "an image is from a registry that is not allowed; use a mirror, or allow it in lib/registries.py",
            _EVERYWHERE,
        ),
        Rule(
            "exact-images",
            "variables.images.all(i, i.contains('@sha256:')"
            " || i.matches('^.+:[^:/]+$') && !i.endsWith(':latest'))",
            "an image has no exact tag; write one other than latest, or a digest",
            _EVERYWHERE,
        ),
        Rule(
            "no-hold-on-nodes",
            "!variables.privileged && !variables.host",
            "a pod takes hold of its node: privileged, a namespace of the host or a hostPath; leave it out",
            _ORDINARY,
        ),
        Rule(
            "own-account-for-tokens",
            "!variables.token || has(object.spec.serviceAccountName)"
            " && object.spec.serviceAccountName != 'default'",
            "a pod has the API token of ServiceAccount default; give it an account of its own, or no token",
            _EVERYWHERE,
        ),
    )


def _policy(rule: Rule) -> Body:
    used = [name for name in _VARIABLES if f"variables.{name}" in rule.expression]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": f"genai-on-eks-{rule.name}"},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "matchPolicy": "Equivalent",
                "namespaceSelector": {
                    "matchExpressions": [
                        {"key": NAMESPACE_LABEL, "operator": "In", "values": list(rule.namespaces)}
                    ]
                },
                "objectSelector": {},
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["pods", "pods/ephemeralcontainers"],
                        "scope": "Namespaced",
                    }
                ],
            },
            "variables": [{"name": name, "expression": _VARIABLES[name]} for name in used],
            "matchConditions": [_CHANGED],
            "validations": [{"expression": rule.expression, "message": rule.message, "reason": "Forbidden"}],
        },
    }


def _binding(rule: Rule, admission: str) -> Body:
    name = f"genai-on-eks-{rule.name}"
    actions = {"audit": ["Audit", "Warn"], "enforce": ["Audit", "Deny"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": actions[admission]},
    }
