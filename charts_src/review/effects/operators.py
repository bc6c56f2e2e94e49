"""How the other operators bring a changed object to running pods.

Sources: prometheus-operator v0.94.1, pkg/prometheus/server/statefulset.go, pkg/prometheus/promcfg.go,
pkg/alertmanager/statefulset.go and pkg/k8s/statefulset.go; mpi-operator v0.8.2, syncHandler and
getOrCreateWorker of pkg/controller/mpi_job_controller.go; spark-operator v2.5.2, Update of
internal/controller/sparkapplication/event_filter.go.
"""

from typing import Final

from charts_src.review.effects.edit import Edit
from charts_src.review.effects.outcome import Outcome

_RELOADED: Final[dict[str, tuple[str, ...]]] = {
    "Alertmanager": (
        "alertmanagerConfigMatcherStrategy",
        "alertmanagerConfigNamespaceSelector",
        "alertmanagerConfigSelector",
        "configSecret",
    ),
    "Prometheus": (
        "additionalScrapeConfigs",
        "alerting",
        "arbitraryFSAccessThroughSMs",
        "evaluationInterval",
        "externalLabels",
        "podMonitorNamespaceSelector",
        "podMonitorSelector",
        "probeNamespaceSelector",
        "probeSelector",
        "remoteRead",
        "remoteWrite",
        "replicas",
        "retention",
        "retentionSize",
        "ruleNamespaceSelector",
        "ruleSelector",
        "scrapeClasses",
        "scrapeConfigNamespaceSelector",
        "scrapeConfigSelector",
        "scrapeInterval",
        "scrapeTimeout",
        "serviceDiscoveryRole",
        "serviceMonitorNamespaceSelector",
        "serviceMonitorSelector",
        "shards",
    ),
}
"""Fields of the spec that are in the configuration or in the number of pods alone, not in the pods.

Alertmanager's replicas are not: each pod names its peers. Retention is since Prometheus 3.11.
"""


def monitoring(edit: Edit) -> Outcome | None:
    """Say whether Prometheus or Alertmanager reads its configuration anew, restarts, or is made anew."""
    if not edit.paths("spec"):
        return None
    kept = tuple(f"spec.{field}" for field in _RELOADED[edit.subject.kind])
    if edit.paths("spec.storage", "spec.podManagementPolicy", "spec.serviceName"):
        return Outcome(
            "now",
            "the operator deletes its StatefulSet and makes it anew: all pods end at once; claims that are "
            "there keep their size and class",
        )
    if edit.paths("spec", but=kept):
        strategy = edit.spec("updateStrategy", {}).get("type", "RollingUpdate")
        if strategy == "OnDelete":
            return Outcome("later", "OnDelete: each pod stays until somebody deletes it")
        return Outcome("now", "rolling: one at a time, the last one first")
    return Outcome("never", "in place: it reads the new configuration, or its number of pods changes")


def mpi_job(edit: Edit) -> Outcome | None:
    """Say that a job goes on as it began, but for fewer workers and when it is suspended."""
    if not edit.paths("spec"):
        return None
    if edit.spec("runPolicy", {}).get("suspend") is True and edit.paths("spec.runPolicy.suspend"):
        return Outcome("now", "it is suspended: launcher and workers end")
    workers = [side["spec"].get("mpiReplicaSpecs", {}).get("Worker", {}) for side in (edit.old, edit.new)]
    before, after = (int(each.get("replicas", 1)) for each in workers)
    if after < before:
        return Outcome("now", f"workers {after} to {before - 1} end, and with them what MPI runs")
    return Outcome(
        "next run", "it goes on, or stays ended, as it began; delete it, and Argo CD starts it anew"
    )


def spark_application(edit: Edit) -> Outcome | None:
    """Say whether an application is killed and submitted again."""
    if not edit.paths("spec"):
        return None
    if edit.paths("spec", but=("spec.suspend", "spec.timeToLiveSeconds")):
        return Outcome(
            "now", "the operator ends driver and executors, and submits it again from the beginning"
        )
    if edit.spec("suspend") is True:
        return Outcome("now", "it is suspended: driver and executors end")
    return Outcome("never", "in place")
