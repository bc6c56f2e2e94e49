"""The definition of NodeDiagnostic: with one, somebody has the logs or packets of a node collected.

Source of the fields and their limits: aws/eks-node-monitoring-agent v1.7.0, api/v1alpha1 and api/crds. The
agent watches this kind and does not start without it. No registry of packages has it, so it is written here,
and apart from the agent, so that removing that removes no request.
"""

from charts_src.lib.namespaces import NODE_AGENTS
from charts_src.manifest import Component
from charts_src.objects import Body

_TEXT: Body = {"type": "string"}
_TIME: Body = {"type": "string", "format": "date-time"}


class NodeDiagnosticsCrd(Component):
    """The definition that the node monitoring agent works with."""

    name = "node-diagnostics-crd"
    target_namespace = NODE_AGENTS

    def versions(self) -> dict[str, str]:
        """Name the version that the definition is of."""
        return {"eks-node-monitoring-agent": self.env.node_monitoring.version}

    def compose(self) -> None:
        """Add the definition."""
        version = {
            "name": "v1alpha1",
            "served": True,
            "storage": True,
            "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": _object(spec=_spec(), status=_status())},
        }
        self.add(
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": "nodediagnostics.eks.amazonaws.com"},
                "spec": {
                    "group": "eks.amazonaws.com",
                    "names": {
                        "kind": "NodeDiagnostic",
                        "listKind": "NodeDiagnosticList",
                        "plural": "nodediagnostics",
                        "singular": "nodediagnostic",
                    },
                    "scope": "Cluster",
                    "versions": [version],
                },
            }
        )


def _spec() -> Body:
    categories = ["Base", "Device", "Networking", "Runtime", "System", "All"]
    listed = {"type": "array", "default": ["All"], "items": {"type": "string", "enum": categories}}
    return _object(
        logCapture=_object("destination", categories=listed, destination=_TEXT),
        packetCapture=_object(
            "duration",
            "upload",
            chunkSizeMB={"type": "integer", "default": 10, "minimum": 1, "maximum": 100},
            duration={"type": "string", "pattern": r"^\d+[smh]$"},
            filter=_TEXT,
            interface=_TEXT,
            mode={"type": "string", "default": "tcpdump", "enum": ["tcpdump"]},
            upload=_object(
                "fields", "url", fields={"type": "object", "additionalProperties": _TEXT}, url=_TEXT
            ),
        ),
    )


def _status() -> Body:
    completed = _object(
        "finishedAt",
        "message",
        "reason",
        "startedAt",
        captureID=_TEXT,
        finishedAt=_TIME,
        message=_TEXT,
        observedGeneration={"type": "integer", "format": "int64"},
        reason=_TEXT,
        startedAt=_TIME,
    )
    running = _object("startedAt", captureID=_TEXT, startedAt=_TIME)
    capture = _object("state", "type", state=_object(completed=completed, running=running), type=_TEXT)
    condition = _object(
        "lastTransitionTime",
        "message",
        "reason",
        "status",
        "type",
        lastTransitionTime=_TIME,
        message={"type": "string", "maxLength": 32768},
        observedGeneration={"type": "integer", "format": "int64", "minimum": 0},
        reason={"type": "string", "minLength": 1, "maxLength": 1024},
        status={"type": "string", "enum": ["True", "False", "Unknown"]},
        type={"type": "string", "maxLength": 316},
    )
    return _object(
        captureStatuses={"type": "array", "items": capture}, conditions={"type": "array", "items": condition}
    )


def _object(*required: str, **properties: Body) -> Body:
    body: Body = {"type": "object", "properties": properties}
    return body | ({"required": list(required)} if required else {})
