"""Every other object that an object names.

Two tables: fields that mean the same wherever they stand (a PodSpec inside a custom resource names its
ServiceAccount as a Deployment's does), and fields that only certain kinds have. A new edge is a new row.
Names of fields: core/v1, networking.k8s.io/v1, rbac.authorization.k8s.io/v1 and autoscaling/v2 of Kubernetes
1.36, karpenter.sh/v1 of karpenter-provider-aws v1.15.1, kueue.x-k8s.io/v1beta2 of kueue v0.19.2,
external-secrets.io/v1 of external-secrets v1.3.2, argoproj.io/v1alpha1 of argo-workflows v4.1.4,
sparkoperator.k8s.io/v1beta2 of spark-operator v2.5.2.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from charts_src.lib.scope import is_namespaced
from charts_src.objects import Body, Identity

SCHEDULER = "Scheduler"
"""Stands for the kind of a scheduler, which is no object: pods name it, and the configuration of a
kube-scheduler makes it."""


class Reference(NamedTuple):
    """One object that another needs."""

    target: Identity
    path: str
    """Field with the name, such as spec.template.spec.serviceAccountName."""


class _Field(NamedTuple):
    """A field that names an object of one kind, by itself or through one of its own fields."""

    group: str
    kind: str
    names: tuple[str, ...] = ()
    """Fields of the value that hold the name; none where the value is the name."""


_FIELDS = {
    "ca": _Field("", "Secret", ("secretName",)),
    "clusterQueue": _Field("kueue.x-k8s.io", "ClusterQueue"),
    "configMap": _Field("", "ConfigMap", ("name",)),
    "configMapKeyRef": _Field("", "ConfigMap", ("name",)),
    "configMapRef": _Field("", "ConfigMap", ("name",)),
    "configSecret": _Field("", "Secret"),
    "imagePullSecrets": _Field("", "Secret", ("name",)),
    "ingressClassName": _Field("networking.k8s.io", "IngressClass"),
    "persistentVolumeClaim": _Field("", "PersistentVolumeClaim", ("claimName",)),
    "priorityClassName": _Field("scheduling.k8s.io", "PriorityClass"),
    "runtimeClassName": _Field("node.k8s.io", "RuntimeClass"),
    "schedulerName": _Field("", SCHEDULER),
    "secret": _Field("", "Secret", ("secretName", "name")),
    "secretKeyRef": _Field("", "Secret", ("name",)),
    "secretRef": _Field("", "Secret", ("name",)),
    "serviceAccountName": _Field("", "ServiceAccount"),
    "storageClassName": _Field("storage.k8s.io", "StorageClass"),
    "tls": _Field("", "Secret", ("secretName",)),
    "volumeName": _Field("", "PersistentVolume"),
    "workflowTemplateRef": _Field("argoproj.io", "WorkflowTemplate", ("name",)),
}

_TYPED = {
    "issuerRef": ("cert-manager.io", "Issuer"),
    "nodeClassRef": ("karpenter.k8s.aws", "EC2NodeClass"),
    "roleRef": ("rbac.authorization.k8s.io", "Role"),
    "scaleTargetRef": ("apps", "Deployment"),
    "secretStoreRef": ("external-secrets.io", "SecretStore"),
}
"""Fields whose value may name group (or apiVersion) and kind as well -> what they are if it doesn't."""

_SERVICE_CALLERS = frozenset(
    {
        "CustomResourceDefinition",
        "Ingress",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    }
)

_Place = tuple[str, Any, str]
"""Field, its value and its path."""

_Places = Sequence[_Place]


def references(body: Body) -> tuple[Reference, ...]:
    """Find every object that `body` names, sorted, each with the first field that names it.

    A name in a namespaced kind means the object's own namespace unless the field gives another. Optional
    ConfigMaps and Secrets don't count.
    """
    places = list(_walk(_searched(body), ""))
    found: dict[Identity, str] = {}
    for find in _FINDERS:
        for reference in find(body, places):
            found.setdefault(reference.target, reference.path)
    found.pop(Identity.of(body), None)
    return tuple(Reference(target, path) for target, path in sorted(found.items()))


def _namespace(body: Body, _places: _Places) -> Iterator[Reference]:
    if namespace := _namespace_of(body):
        yield Reference(Identity("", "Namespace", "", namespace), "metadata.namespace")


def _fields(body: Body, places: _Places) -> Iterator[Reference]:
    for key, value, path in places:
        if field := _FIELDS.get(key):
            for item in value if isinstance(value, list) else [value]:
                if name := _name(field, item):
                    yield Reference(_target(body, field.group, field.kind, name), path)


def _typed(body: Body, places: _Places) -> Iterator[Reference]:
    for key, value, path in places:
        if key in _TYPED and isinstance(value, dict):
            group, kind = _TYPED[key]
            if "apiVersion" in value:
                group = value["apiVersion"].rpartition("/")[0]
            group = value.get("apiGroup") or value.get("group") or group
            yield Reference(_target(body, group, value.get("kind", kind), value["name"]), path)


def _services(body: Body, places: _Places) -> Iterator[Reference]:
    if body["kind"] in _SERVICE_CALLERS:
        for key, value, path in places:
            if key == "service" and isinstance(value, dict):
                namespace = value.get("namespace", _namespace_of(body))
                yield Reference(Identity("", "Service", namespace, value["name"]), path)


def _stateful_set_service(body: Body, _places: _Places) -> Iterator[Reference]:
    if body["kind"] == "StatefulSet" and (name := body["spec"].get("serviceName")):
        yield Reference(_target(body, "", "Service", name), "spec.serviceName")


_QUEUEING = {
    "kueue.x-k8s.io/queue-name": "LocalQueue",
    "kueue.x-k8s.io/priority-class": "WorkloadPriorityClass",
}
"""Label of a job -> kind of the object of Kueue that it names."""


def _queues(body: Body, _places: _Places) -> Iterator[Reference]:
    """Find the queue that a job waits in, its priority there, and the flavors of nodes behind a queue."""
    for label, kind in _QUEUEING.items():
        if name := body["metadata"].get("labels", {}).get(label):
            yield Reference(_target(body, "kueue.x-k8s.io", kind, name), f"metadata.labels.{label}")
    if body["kind"] == "ClusterQueue":
        for group, each in enumerate(body["spec"].get("resourceGroups", ())):
            for index, flavor in enumerate(each["flavors"]):
                path = f"spec.resourceGroups[{group}].flavors[{index}].name"
                yield Reference(_target(body, "kueue.x-k8s.io", "ResourceFlavor", flavor["name"]), path)


def _spark_accounts(body: Body, _places: _Places) -> Iterator[Reference]:
    """Find the ServiceAccounts of Spark, which has a field of its own for them."""
    if body["kind"] in ("SparkApplication", "ScheduledSparkApplication"):
        for key, value, path in _walk(body["spec"], "spec"):
            if key == "serviceAccount":
                yield Reference(_target(body, "", "ServiceAccount", value), path)


def _csi_drivers(body: Body, _places: _Places) -> Iterator[Reference]:
    """Find the driver behind a volume or a class of volumes."""
    group = "storage.k8s.io"
    if body["kind"] == "StorageClass":
        yield Reference(Identity(group, "CSIDriver", "", body["provisioner"]), "provisioner")
    if body["kind"] == "PersistentVolume" and (source := body["spec"].get("csi")):
        yield Reference(Identity(group, "CSIDriver", "", source["driver"]), "spec.csi.driver")


def _read_definitions(body: Body, _places: _Places) -> Iterator[Reference]:
    """Find definitions that a role names, as its holder reads them when it starts."""
    if body["kind"] in ("ClusterRole", "Role"):
        for index, rule in enumerate(body.get("rules") or ()):
            if "customresourcedefinitions" in rule.get("resources", ()):
                for name in rule.get("resourceNames", ()):
                    identity = Identity("apiextensions.k8s.io", "CustomResourceDefinition", "", name)
                    yield Reference(identity, f"rules[{index}].resourceNames")


def _subjects(body: Body, _places: _Places) -> Iterator[Reference]:
    if body["kind"] in ("ClusterRoleBinding", "RoleBinding"):
        for index, subject in enumerate(body.get("subjects", ())):
            if subject["kind"] == "ServiceAccount":
                namespace = subject.get("namespace", _namespace_of(body))
                identity = Identity("", "ServiceAccount", namespace, subject["name"])
                yield Reference(identity, f"subjects[{index}]")


_FINDERS: tuple[Callable[[Body, _Places], Iterator[Reference]], ...] = (
    _namespace,
    _fields,
    _typed,
    _services,
    _stateful_set_service,
    _queues,
    _spark_accounts,
    _csi_drivers,
    _read_definitions,
    _subjects,
)


def _searched(body: Body) -> Body:
    """Leave out the OpenAPI schemas of a CRD: they are large, and their keys are field names, not fields."""
    if body["kind"] != "CustomResourceDefinition":
        return body
    return {"spec": {"conversion": body["spec"].get("conversion")}}


def _walk(value: Any, path: str) -> Iterator[_Place]:
    if isinstance(value, dict):
        for key, item in value.items():
            place = f"{path}.{key}" if path else key
            yield key, item, place
            yield from _walk(item, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{index}]")


def _name(field: _Field, value: Any) -> str | None:
    if isinstance(value, dict) and not value.get("optional"):
        return next((str(value[key]) for key in field.names if key in value), None)
    return value if isinstance(value, str) and not field.names else None


def _target(body: Body, group: str, kind: str, name: str) -> Identity:
    namespaced = is_namespaced(kind) and kind != SCHEDULER
    return Identity(group, kind, _namespace_of(body) if namespaced else "", name)


def _namespace_of(body: Body) -> str:
    return str(body["metadata"].get("namespace", ""))
