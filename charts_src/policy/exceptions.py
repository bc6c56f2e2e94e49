"""The exceptions to the rules, each with its reason."""

from typing import Final

EXCEPTIONS: Final[dict[tuple[str, str, str], str]] = {
    ("restricted", "DaemonSet", "ebs-csi-node"): "formats and mounts block devices of the node for its pods",
    (
        "restricted",
        "DaemonSet",
        "fsx-csi-node",
    ): "mounts Lustre for the pods of its node, in the node's network",
    ("restricted", "DaemonSet", "s3-csi-node"): "opens FUSE devices and mounts them for the pods of its node",
    ("restricted", "Job", "fsx-directories"): "only root may give away folders of a new Lustre file system",
}
"""(rule, kind, name of the object) -> why the rule does not hold for it."""
