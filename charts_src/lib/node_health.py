"""How a broken node is found and replaced, and what the taints on the way mean.

The chain, each step by the program that owns it:

1. The EKS node monitoring agent (v1.7.0, docs/node-health-issues.adoc) reads the node's kernel log, kubelet
   and container runtime, network interfaces, EFA and EBS devices, and on accelerated nodes DCGM (XID codes,
   ECC, NVLink) or the Neuron driver's messages. What only may matter becomes an Event, what does matter sets
   a node condition of CONDITIONS to False.
2. Karpenter (1.15.1, feature gate NodeRepair) waits as REPAIR_AFTER_MINUTES says, in case the condition goes
   away, and then replaces the node, if its pool's budget for reason Unhealthy allows it and not more than a
   fifth of the pool is unhealthy. It taints the node karpenter.sh/disrupted and evicts the pods.
3. The job's controller makes the pods anew: the MPI Operator a worker that is gone, KubeRay a RayCluster for
   the next attempt of a RayJob, Kueue only when the whole gang fits. With one node missing the gang waits for
   the replacement, which Karpenter launches for the pending pods.
4. Training starts from its newest complete checkpoint.

A Spot interruption, a scheduled event of EC2 or an instance that stops enters at the end of step 2: Karpenter
hears of it from its queue and drains the node at once; a Spot one leaves two minutes. Of a rebalance
recommendation Karpenter makes nothing.

A job that hangs on healthy nodes is none of this: collectives time out in the job itself (NCCL and Neuron
runtime settings of the training image, and a limit on its running time), and the failed attempt goes on at
step 3.

Nodes that Karpenter did not launch (a managed node group) get the same conditions, but are repaired by EKS,
when the group has nodeRepairConfig with enabled: true.

Karpenter ignores the conditions of node-problem-detector, so that one only counts what the agent has no eye
for: components/node_problem_detector.py.
"""

from typing import Final

CONDITIONS: Final = (
    "AcceleratedHardwareReady",
    "ContainerRuntimeReady",
    "KernelReady",
    "NetworkingReady",
    "StorageReady",
)
"""Conditions that the agent sets (pkg/conditions), all of which Karpenter acts on."""

REPAIR_AFTER_MINUTES: Final = {
    "AcceleratedHardwareReady, an XID that ends a GPU": 10,
    "AcceleratedHardwareReady, anything else": 30,
    "any other condition, and Ready": 30,
}
"""Condition -> minutes until Karpenter acts: RepairPolicies in pkg/cloudprovider/cloudprovider.go of
karpenter-provider-aws v1.15.1. It then drains for at most 5 minutes (XID) or 10."""

TAINTS: Final = {
    "nvidia.com/gpu": "NoSchedule: the node has GPUs; pods that ask for one tolerate it",
    "aws.amazon.com/neuron": "NoSchedule: the node has Neuron devices; pods that ask for one tolerate it",
    "karpenter.sh/unregistered": "NoExecute: the node has just joined; Karpenter removes it",
    "ebs.csi.aws.com/agent-not-ready": "NoExecute: no EBS driver yet; the driver removes it",
    "fsx.csi.aws.com/agent-not-ready": "NoExecute: no FSx driver yet; the driver removes it",
    "s3.csi.aws.com/agent-not-ready": "NoExecute: no S3 driver yet; the driver removes it",
    "karpenter.sh/disrupted": "NoSchedule: Karpenter drains the node: repair, consolidation, Spot notice",
    "node.kubernetes.io/not-ready": "NoExecute: the kubelet reports a problem; pods leave after 5 minutes",
    "node.kubernetes.io/unreachable": "NoExecute: the kubelet reports nothing; pods leave after 5 minutes",
}
"""The taint protocol: key -> effect and meaning. Agents that must run on a node in any state tolerate all of
them with operator Exists; nobody sets one of these by hand."""
