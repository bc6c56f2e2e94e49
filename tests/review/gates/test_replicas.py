"""Replicas: what runs before and does not, or may be stopped, afterwards."""

import pytest

from charts_src.review.gates.replicas import gate
from tests.review.gates.pairs import edited, found, pair

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec: {containers: []}
"""
SERVICE = """apiVersion: ray.io/v1
kind: RayService
metadata: {name: llm, namespace: a}
spec:
  rayClusterConfig:
    workerGroupSpecs:
    - {groupName: cpu, minReplicas: 1, maxReplicas: 4}
    - {groupName: gpu, minReplicas: 2, maxReplicas: 4, numOfHosts: 1}
  serveConfigV2: |
    applications:
    - name: chat
      deployments:
      - {name: Api, autoscaling_config: {min_replicas: 2}}
"""
SCALER = """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: a}
spec: {minReplicas: 1, maxReplicas: 3}
"""
CRON = """apiVersion: batch/v1
kind: CronJob
metadata: {name: prune, namespace: a}
spec: {suspend: false, schedule: 0 3 * * *}
"""
QUEUE = """apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: research}
spec:
  stopPolicy: None
  resourceGroups:
  - flavors:
    - {name: trainium, resources: [{name: cpu, nominalQuota: "48"}]}
"""
POOL = """apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec: {limits: {nodes: "4", nvidia.com/gpu: "32", memory: 8192Gi}}
"""
BUDGET = """apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: a}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
"""
GROUPS = "RayService a/llm: spec.rayClusterConfig.workerGroupSpecs"
NOTHING = "nothing runs by it any more; keep at least 1"


@pytest.mark.parametrize(
    ("body", "old", "new", "message"),
    [
        (
            DEPLOYMENT,
            "replicas: 2",
            "replicas: 0",
            f"Deployment a/web: spec.replicas: goes from 2 to 0: {NOTHING}",
        ),
        (
            DEPLOYMENT,
            "  replicas: 2\n",
            "",
            "Deployment a/web: spec.replicas: was 2 and is gone: one copy is left; keep it",
        ),
        (
            QUEUE,
            ', nominalQuota: "48"',
            "",
            "ClusterQueue research: spec.resourceGroups[0].flavors[name=trainium].resources[name=cpu]"
            ".nominalQuota: was 48 and is gone: jobs that ask for it wait forever; keep it",
        ),
        (
            SERVICE,
            "minReplicas: 2",
            "minReplicas: 0",
            f"{GROUPS}[groupName=gpu].minReplicas: goes from 2 to 0: {NOTHING}",
        ),
        (
            SERVICE,
            "minReplicas: 2, ",
            "",
            f"{GROUPS}[groupName=gpu].minReplicas: was 2 and is gone: nothing may run by it any more; "
            f"keep it",
        ),
        (
            SERVICE,
            "maxReplicas: 4, numOfHosts",
            "maxReplicas: 0, numOfHosts",
            f"{GROUPS}[groupName=gpu].maxReplicas: goes from 4 to 0: {NOTHING}",
        ),
        (
            SERVICE,
            "    - {groupName: gpu, minReplicas: 2, maxReplicas: 4, numOfHosts: 1}\n",
            "",
            f"{GROUPS}[groupName=gpu]: is removed: its pods are deleted; sign it off if nothing runs there",
        ),
        (
            SERVICE,
            "min_replicas: 2",
            "min_replicas: 0",
            "RayService a/llm: spec.serveConfigV2 | applications[name=chat].deployments[name=Api]"
            f".autoscaling_config.min_replicas: goes from 2 to 0: {NOTHING}",
        ),
        (
            SCALER,
            "maxReplicas: 3",
            "maxReplicas: 0",
            f"HorizontalPodAutoscaler a/web: spec.maxReplicas: goes from 3 to 0: {NOTHING}",
        ),
        (
            CRON,
            "suspend: false",
            "suspend: true",
            "CronJob a/prune: spec.suspend: is True: it is not started any more; sign it off if that is "
            "meant",
        ),
        (
            DEPLOYMENT,
            "replicas: 2",
            "replicas: 2\n  paused: true",
            "Deployment a/web: spec.paused: is True: it is not rolled out any more; sign it off if that "
            "is meant",
        ),
        (
            QUEUE,
            "stopPolicy: None",
            "stopPolicy: Hold",
            "ClusterQueue research: spec.stopPolicy: is Hold: it lets no more jobs in; sign it off if "
            "that is "
            "meant",
        ),
        (
            QUEUE,
            '"48"',
            '"0"',
            "ClusterQueue research: spec.resourceGroups[0].flavors[name=trainium].resources[name=cpu]"
            f".nominalQuota: goes from 48 to 0: {NOTHING}",
        ),
        (
            POOL,
            'nodes: "4"',
            'nodes: "0"',
            f"NodePool gpu: spec.limits.nodes: goes from 4 to 0: {NOTHING}",
        ),
        (
            POOL,
            "8192Gi",
            "0Gi",
            f"NodePool gpu: spec.limits.memory: goes from 8192Gi to 0Gi: {NOTHING}",
        ),
        (
            BUDGET,
            "maxUnavailable: 1",
            "maxUnavailable: 2",
            "PodDisruptionBudget a/web: spec: lets more pods be evicted at once: maxUnavailable 2, was "
            "maxUnavailable 1; keep it",
        ),
        (
            BUDGET,
            "maxUnavailable: 1",
            'maxUnavailable: "100%"',
            "PodDisruptionBudget a/web: spec: lets more pods be evicted at once: maxUnavailable 100%, was "
            "maxUnavailable 1; keep it",
        ),
        (
            edited(BUDGET, "maxUnavailable: 1", "minAvailable: 2"),
            "minAvailable: 2",
            "minAvailable: 1",
            "PodDisruptionBudget a/web: spec: lets more pods be evicted at once: minAvailable 1, was "
            "minAvailable 2; keep it",
        ),
        (
            BUDGET,
            "app: web",
            "app: other",
            "PodDisruptionBudget a/web: spec.selector: holds up other pods than before; check both",
        ),
    ],
)
def test_says_what_stops_or_may_be_stopped(body: str, old: str, new: str, message: str) -> None:
    assert found(gate, pair(body, edited(body, old, new))) == [f"replicas: {message}"]


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        (DEPLOYMENT, "replicas: 2", "replicas: 1"),
        (SERVICE, "minReplicas: 1", "minReplicas: 3"),
        (edited(DEPLOYMENT, "replicas: 2", "replicas: 0"), "replicas: 0", "replicas: 2"),
        (edited(CRON, "false", "true"), "true", "false"),
        (BUDGET, "maxUnavailable: 1", "maxUnavailable: 0"),
        (BUDGET, "maxUnavailable: 1", 'maxUnavailable: "1%"'),
        (POOL, 'nodes: "4"', 'nodes: "8"'),
    ],
)
def test_what_still_runs_is_none(body: str, old: str, new: str) -> None:
    assert found(gate, pair(body, edited(body, old, new))) == []


def test_a_budget_is_missed_by_the_pods_it_holds_up() -> None:
    assert found(gate, pair(f"{BUDGET}---\n{DEPLOYMENT}", DEPLOYMENT)) == [
        "replicas: PodDisruptionBudget a/web: removed: all pods that it holds up may be evicted at "
        "once; bring it "
        "back, or sign it off"
    ]
    assert found(gate, pair(f"{BUDGET}---\n{DEPLOYMENT}---\n{POOL}", POOL)) == []


def test_an_autoscaler_is_missed() -> None:
    assert found(gate, pair(f"{SCALER}---\n{POOL}", POOL)) == [
        "replicas: HorizontalPodAutoscaler a/web: removed: copies stay as few as they are; set replicas"
    ]
