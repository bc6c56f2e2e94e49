"""Custom resource definitions, one component for each operator; they read nothing of the environment.

They are apart from their operators, so that removing an operator leaves the definitions, and with them
all custom resources. Many are too large for the last-applied annotation and need server-side apply.
"""

from typing import ClassVar

from charts_src.lib import namespaces
from charts_src.manifest import Component
from charts_src.schema import sources
from charts_src.schema.sources import Module
from charts_src.schema.store import installable_crd


class _Crds(Component):
    """Definitions of one upstream project."""

    source: ClassVar[Module]
    """Where they come from."""

    program: ClassVar[str]
    """What its version is called in the provenance file."""

    definitions: ClassVar[tuple[str, ...]]
    """Their names, <plural>.<group>."""

    def versions(self) -> dict[str, str]:
        """Name the version that the definitions come from."""
        return {self.program: self.source.version.removeprefix("v")}

    def compose(self) -> None:
        """Add each definition."""
        for name in self.definitions:
            self.add(installable_crd(name))


class KarpenterCrds(_Crds):
    """The definitions that the Karpenter controller works with."""

    name = "karpenter-crds"
    target_namespace = namespaces.KARPENTER
    source = sources.KARPENTER
    program = "karpenter"
    definitions = (
        "capacitybuffers.autoscaling.x-k8s.io",
        "ec2nodeclasses.karpenter.k8s.aws",
        "nodeclaims.karpenter.sh",
        "nodeoverlays.karpenter.sh",
        "nodepools.karpenter.sh",
    )


class KubeRayCrds(_Crds):
    """The definitions that the KubeRay operator works with; without RayCronJob, whose gate is off."""

    name = "kuberay-crds"
    target_namespace = namespaces.KUBERAY_SYSTEM
    source = sources.KUBERAY
    program = "kuberay"
    definitions = ("rayclusters.ray.io", "rayjobs.ray.io", "rayservices.ray.io")


class CertManagerCrds(_Crds):
    """The definitions that cert-manager works with; it watches those of ACME too."""

    name = "cert-manager-crds"
    target_namespace = namespaces.CERT_MANAGER
    source = sources.CERT_MANAGER
    program = "cert-manager"
    definitions = (
        "certificaterequests.cert-manager.io",
        "certificates.cert-manager.io",
        "challenges.acme.cert-manager.io",
        "clusterissuers.cert-manager.io",
        "issuers.cert-manager.io",
        "orders.acme.cert-manager.io",
    )


class ExternalSecretsCrds(_Crds):
    """The definitions that External Secrets works with, for stores and secrets that it reads.

    It watches the states of generators, whether it may use them or not.
    """

    name = "external-secrets-crds"
    target_namespace = namespaces.EXTERNAL_SECRETS
    source = sources.EXTERNAL_SECRETS
    program = "external-secrets"
    definitions = (
        "clustersecretstores.external-secrets.io",
        "externalsecrets.external-secrets.io",
        "generatorstates.generators.external-secrets.io",
        "secretstores.external-secrets.io",
    )


class PrometheusOperatorCrds(_Crds):
    """The definitions that the Prometheus Operator works with; without agents and Thanos."""

    name = "prometheus-operator-crds"
    target_namespace = namespaces.MONITORING
    source = sources.PROMETHEUS_OPERATOR
    program = "prometheus-operator"
    definitions = (
        "alertmanagerconfigs.monitoring.coreos.com",
        "alertmanagers.monitoring.coreos.com",
        "podmonitors.monitoring.coreos.com",
        "probes.monitoring.coreos.com",
        "prometheuses.monitoring.coreos.com",
        "prometheusrules.monitoring.coreos.com",
        "scrapeconfigs.monitoring.coreos.com",
        "servicemonitors.monitoring.coreos.com",
    )


class KueueCrds(_Crds):
    """The definitions that Kueue works with, serving the version that it stores and no other.

    Upstream serves v1beta1 too and has Kueue convert it: then nobody can read a queue while Kueue is down,
    and the definitions need Kueue's Service where Kueue needs the definitions. Nothing here speaks v1beta1.
    """

    name = "kueue-crds"
    target_namespace = namespaces.KUEUE_SYSTEM
    source = sources.KUEUE
    program = "kueue"
    definitions = (
        "admissionchecks.kueue.x-k8s.io",
        "clusterqueues.kueue.x-k8s.io",
        "cohorts.kueue.x-k8s.io",
        "localqueues.kueue.x-k8s.io",
        "multikueueclusters.kueue.x-k8s.io",
        "multikueueconfigs.kueue.x-k8s.io",
        "provisioningrequestconfigs.kueue.x-k8s.io",
        "resourceflavors.kueue.x-k8s.io",
        "topologies.kueue.x-k8s.io",
        "workloadpriorityclasses.kueue.x-k8s.io",
        "workloads.kueue.x-k8s.io",
    )

    def compose(self) -> None:
        """Add each definition, its old versions turned off."""
        for name in self.definitions:
            body = installable_crd(name)
            for version in body["spec"]["versions"]:
                version["served"] = version["storage"]
            self.add(body)


class MpiOperatorCrds(_Crds):
    """The definition that the MPI Operator works with."""

    name = "mpi-operator-crds"
    target_namespace = namespaces.MPI_OPERATOR
    source = sources.MPI_OPERATOR
    program = "mpi-operator"
    definitions = ("mpijobs.kubeflow.org",)


class SparkOperatorCrds(_Crds):
    """The definitions that the Spark Operator works with."""

    name = "spark-operator-crds"
    target_namespace = namespaces.SPARK_OPERATOR
    source = sources.SPARK_OPERATOR
    program = "spark-operator"
    definitions = (
        "scheduledsparkapplications.sparkoperator.k8s.io",
        "sparkapplications.sparkoperator.k8s.io",
        "sparkconnects.sparkoperator.k8s.io",
    )


class ArgoWorkflowsCrds(_Crds):
    """The definitions that Argo Workflows works with: for the four large kinds upstream's minimal form.

    The full form of the four has 11 MB; what we write is checked against it while rendering instead.
    """

    name = "argo-workflows-crds"
    target_namespace = namespaces.ARGO_WORKFLOWS
    source = sources.ARGO_WORKFLOWS
    program = "argo-workflows"
    definitions = (
        "clusterworkflowtemplates.argoproj.io",
        "cronworkflows.argoproj.io",
        "workflowartifactgctasks.argoproj.io",
        "workfloweventbindings.argoproj.io",
        "workflows.argoproj.io",
        "workflowtaskresults.argoproj.io",
        "workflowtasksets.argoproj.io",
        "workflowtemplates.argoproj.io",
    )


class LoadBalancerControllerCrds(_Crds):
    """The definitions that the AWS Load Balancer Controller works with, without those of the Gateway API."""

    name = "aws-load-balancer-controller-crds"
    target_namespace = namespaces.LOAD_BALANCER_CONTROLLER
    source = sources.EKS_CHARTS
    program = "eks-charts"
    definitions = (
        "albtargetcontrolconfigs.elbv2.k8s.aws",
        "globalaccelerators.aga.k8s.aws",
        "ingressclassparams.elbv2.k8s.aws",
        "targetgroupbindings.elbv2.k8s.aws",
    )


class NodeFeatureDiscoveryCrds(_Crds):
    """The definitions through which GPU feature discovery labels nodes."""

    name = "node-feature-discovery-crds"
    target_namespace = namespaces.ACCELERATORS
    source = sources.NODE_FEATURE_DISCOVERY
    program = "node-feature-discovery"
    definitions = (
        "nodefeaturegroups.nfd.k8s-sigs.io",
        "nodefeaturerules.nfd.k8s-sigs.io",
        "nodefeatures.nfd.k8s-sigs.io",
    )
