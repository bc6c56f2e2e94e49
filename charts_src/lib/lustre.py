"""Which node images can mount FSx for Lustre.

Mounting takes kernel modules, which are the image's; the mount command is in the image of the CSI driver
(aws-fsx-csi-driver v1.9.0, Dockerfile). Amazon EKS' images add no Lustre package of their own, on purpose
(amazon-eks-ami pull request #2696): what counts is the kernel that they have.
"""

CLIENTS = {
    "al2023": "The kernel of Amazon Linux 2023 has the modules lustrefsx: bottlerocket-core-kit pull request "
    "#231 takes 'AL2023-6.1-Update-lustrefsx-to-2.15.4-fsx7' over from it, bottlerocket-kernel-kit #89 "
    "'lustrefsx-to-2.15.6-fsx17'.",
    "bottlerocket": "Its kernels from 6.1 on are those of Amazon Linux 2023, modules included: bottlerocket "
    "issue #4676 (a maintainer mounted FSx for Lustre with the CSI driver).",
}
"""Alias family of EC2NodeClass.spec.amiSelectorTerms -> how we know that its images can."""
