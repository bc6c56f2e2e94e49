"""What a node runs and configures when it starts, beyond what Karpenter tells it.

Sources: nodeadm/api/v1alpha1 and nodeadm/doc/examples.md of amazon-eks-ami v20260714 (NodeConfig,
FastImagePull), templates/al2023/runtime/rootfs/etc/systemd/system/nodeadm-run.service there (the kubelet
starts after scripts), pkg/providers/amifamily/bootstrap/nodeadm.go of karpenter-provider-aws v1.15.1 (how
Karpenter adds its own part).
"""

from collections.abc import Sequence

_BOUNDARY = "genai-on-eks"

_FAST_IMAGE_PULL = """\
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  featureGates:
    FastImagePull: true
"""


def user_data(scripts: Sequence[str], *, fast_image_pull: bool) -> str:
    """Give a MIME archive of shell scripts, run in this order before the kubelet starts, and a NodeConfig.

    FastImagePull makes containerd use the SOCI snapshotter to load and unpack layers in parallel.
    """
    parts = [("text/x-shellscript", script) for script in scripts]
    if fast_image_pull:
        parts.append(("application/node.eks.aws", _FAST_IMAGE_PULL))
    entries = [f"--{_BOUNDARY}\nContent-Type: {kind}\n\n{text}" for kind, text in parts]
    header = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{_BOUNDARY}"\n\n'
    return f"{header}{''.join(entries)}--{_BOUNDARY}--\n"


def huge_pages(gib: int) -> str:
    """Give the script that sets memory aside as huge pages of 2 MiB, while memory is still in one piece.

    It replaces what the EFA installer of the image may have set aside.
    """
    return f"#!/bin/bash\nset -euo pipefail\nsysctl --write vm.nr_hugepages={gib * 512}\n"
