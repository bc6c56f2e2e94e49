"""Taints that a node has from its start until an agent on it is ready and takes them off.

A volume that is mounted before the CSI driver has registered on the node fails, and with a bound claim the
scheduler doesn't wait. So node pools start their nodes with the taint that each driver's node plugin removes:

- aws-ebs-csi-driver v1.63.1: docs/install.md "Configure node startup taint", pkg/driver/node.go
- aws-fsx-csi-driver: docs/install.md "Configure node startup taint"
- mountpoint-s3-csi-driver: docs/CONFIGURATION.md and pkg/driver/node taint watcher

Device plugins remove no taint and need none: until one has registered its resource, a pod that asks for it
does not fit the node, and Karpenter waits for the resource before it counts the node as initialized.

Karpenter counts on its startup taints to go away. Pods that must run before they do (all node agents: CNI,
device plugins, CSI drivers, exporters, log collectors) tolerate them.
"""

from typing import Literal

from charts_src.objects import Body

Driver = Literal["ebs", "fsx", "s3"]
"""A CSI driver whose node plugin removes a taint."""

STARTUP_TAINTS: dict[Driver, Body] = {
    "ebs": {"key": "ebs.csi.aws.com/agent-not-ready", "value": "true", "effect": "NoExecute"},
    "fsx": {"key": "fsx.csi.aws.com/agent-not-ready", "value": "true", "effect": "NoExecute"},
    "s3": {"key": "s3.csi.aws.com/agent-not-ready", "value": "true", "effect": "NoExecute"},
}
"""Driver -> the taint that its node plugin removes; the drivers look at the key only."""
