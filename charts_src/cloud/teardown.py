"""The plan that removes a cluster and all that it made, so that nothing that costs money is left.

The order: each controller lives until AWS has let go of what it made. Argo CD stops first, or it would bring
everything back. Pods and their budgets go before the nodes, or a drain would wait for a budget that nothing
can meet any more. Karpenter, the load balancer controller and the CSI drivers go last.

Sources: eksctl v0.215.0 (pkg/actions/cluster/owned.go: `--force` goes on where the control plane is gone and
its stack is not); the finalizers of Karpenter v1.15.1 and of the load balancer controller; reference of the
AWS CLI.
"""

from collections.abc import Iterator

from charts_src.cloud import leftovers, tools
from charts_src.cloud.bootstrap import kube_config, right_account
from charts_src.cloud.tools import aws, eksctl, kubectl
from charts_src.lib import namespaces
from charts_src.model import Environment
from charts_src.steps.plan import Check, Plan, Step, Wait

WORKLOADS = (
    "cronworkflows.argoproj.io",
    "workflows.argoproj.io",
    "scheduledsparkapplications.sparkoperator.k8s.io",
    "sparkapplications.sparkoperator.k8s.io",
    "rayservices.ray.io",
    "rayjobs.ray.io",
    "rayclusters.ray.io",
    "mpijobs.kubeflow.org",
)
"""What users run, by definition; those that make others come first."""

_NEEDED = (namespaces.LOAD_BALANCER_CONTROLLER, namespaces.STORAGE, namespaces.KARPENTER)
"""Namespaces of the controllers that clean up in AWS."""

_HOUR = 3600


def teardown(env: Environment) -> Plan:
    """Give the plan."""
    steps = [
        right_account(env),
        kube_config(env),
        *_argocd_stops(env),
        *_workloads(env),
        *_load_balancers(env),
        *_volumes(env),
        *_nodes(env),
        *_controllers(env),
        *_file_system(env),
        *_stack(env, "network", data=True),
        *leftovers.in_the_network(env),
        _cluster(env),
        *_foundation(env),
        *leftovers.elsewhere(env),
    ]
    return Plan(
        environment=env.name,
        plan="teardown",
        cluster=env.cluster.name,
        steps=tuple(steps),
        proof=leftovers.proof(env),
        kept=leftovers.kept(env),
    )


def _argocd_stops(env: Environment) -> Iterator[Step]:
    namespace = f"--namespace={env.argocd.namespace}"
    manual = ("--type=merge", '--patch={"operation":null,"spec":{"syncPolicy":{"automated":null}}}')
    undefined = _undefined(env, "applications.argoproj.io")
    root = ("get", "application", "root", namespace)
    if env.argocd.engine == "self-managed":
        controller = "statefulset/argocd-application-controller"
        yield _in_cluster(
            env,
            "argocd-controller",
            "Stop Argo CD, or it would bring back what is deleted",
            ("scale", controller, namespace, "--replicas=0"),
            done=(Check(run=kubectl(env, "get", controller, namespace, "--ignore-not-found"), prints=""),),
        )
    yield _in_cluster(
        env,
        "argocd-root",
        "Stop the application that keeps the others as Git has them",
        ("patch", "application", "root", namespace, *manual),
        done=(undefined, Check(run=kubectl(env, *root, "--ignore-not-found", "--output=name"), prints="")),
    )
    yield Step(
        name="argocd-applications",
        why="Stop the automated sync of every component",
        done=(tools.no_cluster(env), undefined),
        each=kubectl(env, "get", "applications", namespace, "--output=jsonpath={.items[*].metadata.name}"),
        run=(kubectl(env, "patch", "application", "{}", namespace, *manual),),
    )


def _workloads(env: Environment) -> Iterator[Step]:
    for kind in WORKLOADS:
        yield _gone(env, kind, "End what users run, while its operator lives", done=(_undefined(env, kind),))
    yield _in_cluster(
        env,
        "jobs",
        "End jobs",
        ("delete", "cronjobs.batch,jobs.batch", "--all", "--all-namespaces", "--wait=false"),
    )
    yield _in_cluster(
        env,
        "notebooks",
        "End notebooks",
        ("delete", "pods", "--all", f"--namespace={namespaces.NOTEBOOKS}", "--wait=false"),
    )


def _load_balancers(env: Environment) -> Iterator[Step]:
    tag = f"elbv2.k8s.aws/cluster,Values={env.cluster.name}"
    yield _in_cluster(
        env,
        "load-balancers",
        "Remove load balancers and their security groups, while their controller lives",
        ("delete", "ingresses", "--all", "--all-namespaces", "--wait=false"),
        (
            *("delete", "services", "--field-selector=spec.type=LoadBalancer", "--all-namespaces"),
            "--wait=false",
        ),
        wait=(
            Wait(run=leftovers.load_balancers(env), prints="", seconds=_HOUR),
            Wait(
                run=aws(
                    env,
                    *("ec2", "describe-security-groups", "--filters", f"Name=tag:{tag}"),
                    query="SecurityGroups[].GroupId",
                ),
                prints="",
                seconds=_HOUR,
            ),
        ),
        remedy="The events of Ingresses and Services say what holds them.",
    )


def _volumes(env: Environment) -> Iterator[Step]:
    others = [name for name in namespaces.NAMESPACES if name not in _NEEDED]
    yield _in_cluster(
        env,
        "services",
        "End everything but what cleans up in AWS, so that no pod holds a volume or a node",
        *(
            ("delete", "deployments,statefulsets", "--all", f"--namespace={name}", "--wait=false")
            for name in others
        ),
    )
    deleted = '{.items[?(@.spec.persistentVolumeReclaimPolicy=="Delete")].metadata.name}'
    volumes = kubectl(env, "get", "persistentvolumes", f"--output=jsonpath={deleted}")
    yield _in_cluster(
        env,
        "volumes",
        "Delete volumes and what is on them; those with reclaim policy Retain are listed at the end",
        ("delete", "persistentvolumeclaims", "--all", "--all-namespaces", "--wait=false"),
        wait=(Wait(run=volumes, prints="", seconds=_HOUR),),
        remedy="kubectl describe persistentvolume says what holds a volume, mostly a pod that still runs.",
        data=True,
    )


def _nodes(env: Environment) -> Iterator[Step]:
    yield _in_cluster(
        env,
        "budgets",
        "Let every node be drained: a pod that finds no other node would hold its budget for ever",
        ("delete", "poddisruptionbudgets", "--all", "--all-namespaces"),
    )
    undefined = _undefined(env, "nodepools.karpenter.sh")
    yield _in_cluster(
        env,
        "node-pools",
        "Drain and end all nodes of the pools, while Karpenter lives",
        ("delete", "nodepools.karpenter.sh", "--all", "--wait=false"),
        wait=(
            Wait(
                run=kubectl(env, "get", "nodeclaims.karpenter.sh", "--output=name"), prints="", seconds=_HOUR
            ),
            Wait(run=leftovers.pool_instances(env), prints="", seconds=_HOUR),
        ),
        done=(undefined,),
        remedy="kubectl describe nodeclaims says what holds a drain, mostly a pod with do-not-disrupt.",
    )
    yield _gone(
        env,
        "ec2nodeclasses.karpenter.k8s.aws",
        "Have Karpenter remove its instance profiles and launch templates",
        done=(_undefined(env, "ec2nodeclasses.karpenter.k8s.aws"),),
    )


def _controllers(env: Environment) -> Iterator[Step]:
    yield _in_cluster(
        env,
        "controllers",
        "End the controllers, which have nothing left to do",
        *(
            ("delete", "deployments,statefulsets", "--all", f"--namespace={name}", "--wait=false")
            for name in _NEEDED
        ),
    )
    if env.argocd.engine == "eks-capability":
        yield from _stack(env, "argocd")
    yield from _stack(env, "access")


def _file_system(env: Environment) -> Iterator[Step]:
    """Export the file system, then delete it; its stack retains it, so that no update can lose it."""
    if not env.storage:
        return
    gone = Check(run=leftovers.file_systems(env), prints="")
    shared = leftovers.file_systems(env, "PERSISTENT_2")
    mine = f"Tags[?Key=='cluster' && Value=='{env.cluster.name}']"
    tasks = ("fsx", "describe-data-repository-tasks")
    pending = f"DataRepositoryTasks[?contains(['PENDING', 'EXECUTING'], Lifecycle) && {mine}].TaskId"
    last = f"sort_by(DataRepositoryTasks[?{mine}], &CreationTime)[-1].Lifecycle"
    yield Step(
        name="export",
        why="Write what is new below /data to the data bucket; what lies elsewhere is lost",
        done=(Check(run=shared, prints=""),),
        each=shared,
        run=(
            aws(
                env,
                *("fsx", "create-data-repository-task", "--type", "EXPORT_TO_REPOSITORY"),
                *("--file-system-id", "{}", "--report", "Enabled=false"),
                *("--tags", f"Key=cluster,Value={env.cluster.name}"),
            ),
        ),
        wait=(Wait(run=aws(env, *tasks, query=pending), prints="", seconds=12 * _HOUR),),
        check=Check(run=aws(env, *tasks, query=last), prints="SUCCEEDED"),
        remedy="aws fsx describe-data-repository-tasks says what could not be exported.",
        data=True,
    )
    yield Step(
        name="file-system",
        why="Delete the file system, which is in the network of the cluster",
        done=(gone,),
        each=leftovers.file_systems(env),
        run=(aws(env, "fsx", "delete-file-system", "--file-system-id", "{}"),),
        wait=(Wait(run=leftovers.file_systems(env), prints="", seconds=_HOUR),),
        data=True,
    )


def _stack(env: Environment, stack: str, *, data: bool = False) -> Iterator[Step]:
    name = tools.stack(env, stack)
    yield Step(
        name=f"stack-{stack}",
        why=f"Delete the stack {name}",
        done=(tools.no_stack(env, name),),
        run=(
            aws(env, "cloudformation", "delete-stack", "--stack-name", name),
            aws(env, "cloudformation", "wait", "stack-delete-complete", "--stack-name", name),
        ),
        remedy=f"aws cloudformation describe-stack-events --stack-name {name} says what holds it.",
        data=data,
    )


def _cluster(env: Environment) -> Step:
    options = ("--wait", "--force", "--disable-nodegroup-eviction")
    return Step(
        name="cluster",
        why="Delete the cluster with its own nodes, and its network",
        done=(Check(run=leftovers.eksctl_stacks(env), prints=""),),
        run=((*eksctl(env, "delete", "cluster"), *options),),
        wait=(Wait(run=leftovers.eksctl_stacks(env), prints="", seconds=_HOUR),),
        remedy="aws cloudformation describe-stack-events says what holds a stack of eksctl.",
        data=True,
    )


def _foundation(env: Environment) -> Iterator[Step]:
    """Delete what was there before the cluster. Without the cluster its key protects nothing."""
    alias = f"alias/{env.cluster.name}"
    described = ("kms", "describe-key", "--key-id", alias)
    aliases = aws(env, "kms", "list-aliases", query=f"Aliases[?AliasName=='{alias}'].TargetKeyId")
    yield Step(
        name="key",
        why="Have KMS delete the key in 30 days; until then it costs nothing and can be restored",
        done=(
            Check(run=aliases, prints=""),
            Check(run=aws(env, *described, query="KeyMetadata.KeyState"), prints="PendingDeletion"),
        ),
        each=aliases,
        run=(aws(env, "kms", "schedule-key-deletion", "--key-id", "{}", "--pending-window-in-days", "30"),),
        data=True,
    )
    stack = tools.stack(env, "foundation")
    profile = ("--instance-profile-name", "{}")
    role = ("--role-name", env.karpenter.node_role)
    yield Step(
        name="instance-profiles",
        why="Remove instance profiles that Karpenter left: they hold the role of the nodes",
        done=(tools.no_stack(env, stack),),
        each=aws(
            env,
            "iam",
            "list-instance-profiles-for-role",
            *role,
            query="InstanceProfiles[].InstanceProfileName",
        ),
        run=(
            aws(env, "iam", "remove-role-from-instance-profile", *profile, *role),
            aws(env, "iam", "delete-instance-profile", *profile),
        ),
        data=True,
    )
    yield from _stack(env, "foundation", data=True)


def _in_cluster(
    env: Environment,
    name: str,
    why: str,
    *commands: tuple[str, ...],
    done: tuple[Check, ...] = (),
    wait: tuple[Wait, ...] = (),
    remedy: str = "",
    data: bool = False,
) -> Step:
    """Give a step of kubectl commands, which is done when there is no cluster."""
    return Step(
        name=name,
        why=why,
        done=(tools.no_cluster(env), *done),
        run=tuple(kubectl(env, *command) for command in commands),
        wait=wait,
        remedy=remedy,
        data=data,
        always=True,
    )


def _gone(env: Environment, kind: str, why: str, done: tuple[Check, ...] = ()) -> Step:
    """Give a step that deletes all objects of a kind and waits until none is left."""
    scope = () if kind.startswith("ec2nodeclasses") else ("--all-namespaces",)
    left = kubectl(env, "get", kind, *scope, "--output=name")
    return _in_cluster(
        env,
        kind.partition(".")[0],
        why,
        ("delete", kind, "--all", *scope, "--wait=false"),
        wait=(Wait(run=left, prints="", seconds=_HOUR // 2),),
        done=done,
        remedy=f"kubectl describe {kind} says what holds them.",
    )


def _undefined(env: Environment, definition: str) -> Check:
    """Ask whether the cluster lacks a kind; kubectl fails on one that it doesn't know."""
    return Check(run=kubectl(env, "get", "crd", definition, "--ignore-not-found", "--output=name"), prints="")
