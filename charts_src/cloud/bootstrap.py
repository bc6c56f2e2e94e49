"""The plan that makes a cluster: from the account to Argo CD at work.

Sources: eksctl v0.215.0 (pkg/actions: `create nodegroup` and `create addon` pass over what is there, which
`create cluster` and `create accessentry` don't); EKS user guide, "Create an Argo CD capability" and "Register
target clusters"; reference of the AWS CLI.
"""

from collections.abc import Iterator, Mapping, Sequence

from charts_src.cloud import tools
from charts_src.cloud.capability import capability_role
from charts_src.cloud.images import checks
from charts_src.cloud.network import fsx_zone
from charts_src.cloud.tools import aws, eksctl, kubectl
from charts_src.errors import UserError
from charts_src.lib.cluster_nodes import CLUSTER_NODE_LABELS
from charts_src.lib.node_class import subnet_tags
from charts_src.lib.own_images import Wanted
from charts_src.model import Environment
from charts_src.steps.plan import Check, Command, Plan, Step, Wait

_INLINE_BYTES = 51_200
"""Most bytes of a template that is sent with a call; a longer one goes by way of a bucket."""

_ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


def bootstrap(env: Environment, templates: Mapping[str, str], images: Sequence[Wanted]) -> Plan:
    """Give the plan; `templates` are the rendered ones, by file name, `images` those that we build."""
    steps = [
        right_account(env),
        *_spot_role(env),
        _failed_stacks(env),
        *_foundation(env, templates),
        *_cluster(env),
        kube_config(env),
        *_access_entries(env),
        _nodes(env),
        _network(env, templates),
        *_file_system(env),
        _deployed(env, templates, "access", "Bind IAM roles to ServiceAccounts by Pod Identity"),
        *(_capability(env, templates) if env.argocd.engine == "eks-capability" else ()),
        *checks(env, images),
        _argocd(env),
    ]
    return Plan(environment=env.name, plan="bootstrap", cluster=env.cluster.name, steps=tuple(steps))


def right_account(env: Environment) -> Step:
    """Refuse to work in another account than the environment's."""
    return Step(
        name="account",
        why=f"Work in account {env.aws.account} and in no other",
        check=Check(run=aws(env, "sts", "get-caller-identity", query="Account"), prints=env.aws.account),
        remedy=f"Sign in to account {env.aws.account}, or set AWS_PROFILE to a profile of it.",
        always=True,
    )


def kube_config(env: Environment) -> Step:
    """Write the kubeconfig that only the plans use."""
    command = aws(
        env, "eks", "update-kubeconfig", "--name", env.cluster.name, "--kubeconfig", tools.kubeconfig(env)
    )
    return Step(
        name="kubeconfig",
        why="Talk to this cluster, whatever your own kubeconfig points at",
        done=(tools.no_cluster(env),),
        run=(command,),
        always=True,
    )


def _spot_role(env: Environment) -> Iterator[Step]:
    """Make the role that EC2 launches Spot Instances by; Karpenter may not (its policies lack it)."""
    if any("spot" in pool.capacity for pool in env.karpenter.node_pools.values()):
        role = "AWSServiceRoleForEC2Spot"
        yield Step(
            name="spot-role",
            why="Let EC2 launch Spot Instances in an account that never had one",
            done=(Check(run=aws(env, "iam", "get-role", "--role-name", role)),),
            run=(aws(env, "iam", "create-service-linked-role", "--aws-service-name", "spot.amazonaws.com"),),
        )


def _failed_stacks(env: Environment) -> Step:
    names = tuple(tools.stack(env, name) for name in tools.STACKS)
    status = "contains(['ROLLBACK_COMPLETE', 'REVIEW_IN_PROGRESS'], StackStatus)"
    query = f"StackSummaries[?contains({tools.listed(names)}, StackName) && {status}].StackName"
    return Step(
        name="failed-stacks",
        why="Remove stacks whose first creation failed; CloudFormation updates none of them",
        each=aws(env, "cloudformation", "list-stacks", query=query),
        run=(
            aws(env, "cloudformation", "delete-stack", "--stack-name", "{}"),
            aws(env, "cloudformation", "wait", "stack-delete-complete", "--stack-name", "{}"),
        ),
        always=True,
    )


def _foundation(env: Environment, templates: Mapping[str, str]) -> Iterator[Step]:
    """Make the first stack by a change set: that can take over buckets that a teardown has left."""
    name = tools.stack(env, "foundation")
    change = ("--stack-name", name, "--change-set-name", "first")
    yield Step(
        name="foundation",
        why="Make the key, buckets, interruption queue and role of nodes; adopt buckets that exist",
        done=(tools.stack_complete(env, name),),
        run=(
            aws(
                env,
                *("cloudformation", "create-change-set", *change, "--change-set-type", "CREATE"),
                *("--template-body", f"file://{tools.file(env, 'foundation.json')}"),
                *("--capabilities", "CAPABILITY_NAMED_IAM", "--import-existing-resources"),
                *("--tags", *(f"Key={key},Value={value}" for key, value in _tags(env).items())),
            ),
            aws(env, "cloudformation", "wait", "change-set-create-complete", *change),
            aws(env, "cloudformation", "execute-change-set", *change),
        ),
        wait=(_until(tools.stack_complete(env, name), 900),),
        remedy=f"aws cloudformation describe-stack-events --stack-name {name} says why.",
    )
    yield _deployed(env, templates, "foundation", "Bring the stack up to date", name="foundation-update")


def _cluster(env: Environment) -> Iterator[Step]:
    name = f"eksctl-{env.cluster.name}-cluster"
    query = f"StackSummaries[?StackName=='{name}' && ends_with(StackStatus, '_IN_PROGRESS')].StackName"
    yield Step(
        name="cluster-under-way",
        why="Wait for a creation that an interrupted run has left to CloudFormation",
        wait=(Wait(run=aws(env, "cloudformation", "list-stacks", query=query), prints="", seconds=2400),),
        always=True,
    )
    yield Step(
        name="cluster",
        why="Make the cluster: VPC, subnets, control plane, add-ons, nodes, access entries",
        done=(tools.stack_complete(env, name),),
        run=((*eksctl(env, "create", "cluster"), "--kubeconfig", tools.kubeconfig(env)),),
        remedy="eksctl says why; `eksctl delete cluster` removes a cluster that can't be finished.",
    )
    yield Step(
        name="node-group",
        why="Make the nodes for what runs before any node pool, if an interruption left them out",
        run=(eksctl(env, "create", "nodegroup"),),
    )
    yield Step(
        name="add-ons",
        why="Make add-ons that an interruption left out",
        run=(eksctl(env, "create", "addon"),),
    )


def _access_entries(env: Environment) -> Iterator[Step]:
    """Make access entries that an interruption left out, one by one: eksctl makes all of them or fails."""
    node_role = f"arn:aws:iam::{env.aws.account}:role/{env.karpenter.node_role}"
    entries = {node_role: "EC2_LINUX"} | dict.fromkeys(env.cluster.admin_roles, "STANDARD")
    for role, kind in entries.items():
        entry = ("--cluster-name", env.cluster.name, "--principal-arn", role)
        scope = ("--policy-arn", _ADMIN, "--access-scope", "type=cluster")
        yield Step(
            name=f"access-entry-{role.rpartition('/')[2]}",
            why="Let nodes of the pools join" if kind == "EC2_LINUX" else "Let administrators in",
            done=(Check(run=aws(env, "eks", "describe-access-entry", *entry)),),
            run=(
                aws(env, "eks", "create-access-entry", *entry, "--type", kind),
                *([aws(env, "eks", "associate-access-policy", *entry, *scope)] if kind == "STANDARD" else []),
            ),
        )


def _nodes(env: Environment) -> Step:
    selector = ",".join(f"{key}={value}" for key, value in CLUSTER_NODE_LABELS.items())
    ready = ("wait", "node", f"--selector={selector}", "--for=condition=Ready", "--timeout=30s")
    return Step(
        name="nodes",
        why="Wait for the nodes that Argo CD and Karpenter run on",
        wait=(Wait(run=kubectl(env, *ready), seconds=900),),
    )


def _network(env: Environment, templates: Mapping[str, str]) -> Step:
    why = "Make the security group of EFA and the shared file system"
    if not env.storage:
        return _deployed(env, templates, "network", why)
    tags = {f"tag:{key}": value for key, value in subnet_tags(env).items()}
    wanted = tags | {"availability-zone": fsx_zone(env)}
    filters = [f"Name={key},Values={value}" for key, value in wanted.items()]
    return _deployed(
        env,
        templates,
        "network",
        why,
        "--parameter-overrides",
        "FsxSubnet={}",
        each=aws(env, "ec2", "describe-subnets", "--filters", *filters, query="Subnets[0].SubnetId"),
    )


def _file_system(env: Environment) -> Iterator[Step]:
    """Stop until the environment has the id and mount name that only AWS chooses."""
    if not env.storage:
        return
    fsx = env.storage.fsx
    wanted = {"FileSystemId": fsx.file_system_id, "MountName": fsx.mount_name}
    if fsx.scratch:
        wanted |= {"SecurityGroup": " ".join(fsx.scratch.security_groups), "Subnet": fsx.scratch.subnet}
    outputs = f"[?contains({tools.listed(tuple(wanted))}, OutputKey)]"
    query = f"sort_by(Stacks[0].Outputs{outputs}, &OutputKey)[].OutputValue | join(' ', @)"
    described = ("cloudformation", "describe-stacks", "--stack-name", tools.stack(env, "network"))
    yield Step(
        name="file-system",
        why="See that the volumes are those of this file system",
        check=Check(run=aws(env, *described, query=query), prints=" ".join(wanted.values())),
        remedy=(
            f"Write {', '.join(wanted)} as they are printed into storage.fsx of "
            f"environments/{env.name}.yaml, then render, commit, push and run this again."
        ),
    )


def _capability(env: Environment, templates: Mapping[str, str]) -> Iterator[Step]:
    """Make the EKS Capability; its access entry comes with it, without permissions."""
    role = f"arn:aws:iam::{env.aws.account}:role/{capability_role(env)}"
    policy = ("--policy-arn", _ADMIN, "--access-scope", "type=cluster")
    why = "Make the EKS Capability for Argo CD and its role"
    yield _deployed(env, templates, "argocd", why, name="argocd-capability")
    yield Step(
        name="argocd-permissions",
        why="Let Argo CD manage this cluster, to which its own access entry gives it no right",
        run=(
            aws(
                env,
                *("eks", "associate-access-policy", "--cluster-name", env.cluster.name),
                *("--principal-arn", role, *policy),
            ),
        ),
    )


def _argocd(env: Environment) -> Step:
    status = "jsonpath={.status.sync.status}"
    root = ("get", "application", "root", f"--namespace={env.argocd.namespace}", f"--output={status}")
    apply = ("apply", "--server-side", "--force-conflicts", "--kustomize", f"argocd/bootstrap/{env.name}")
    return Step(
        name="argocd",
        why="Have Argo CD follow the repository; from here on it does the rest",
        run=(kubectl(env, *apply),),
        wait=(Wait(run=kubectl(env, *root), prints="Synced", seconds=3600),),
        remedy="kubectl get applications says which one waits; a private repository needs its credentials.",
    )


def _deployed(
    env: Environment,
    templates: Mapping[str, str],
    stack: str,
    why: str,
    *parameters: str,
    name: str = "",
    each: Command | None = None,
) -> Step:
    """Give the step that makes a stack or brings it up to date."""
    tags = [f"{key}={value}" for key, value in _tags(env).items()]
    return Step(
        name=name or stack,
        why=why,
        each=each,
        run=(
            aws(
                env,
                *("cloudformation", "deploy", "--stack-name", tools.stack(env, stack)),
                *("--template-file", tools.file(env, f"{stack}.json")),
                *("--capabilities", "CAPABILITY_NAMED_IAM", "--no-fail-on-empty-changeset"),
                *("--tags", *tags, *_by_bucket(env, templates[f"{stack}.json"], stack), *parameters),
            ),
        ),
        remedy=f"aws cloudformation describe-stack-events --stack-name {tools.stack(env, stack)} says why.",
    )


def _by_bucket(env: Environment, template: str, stack: str) -> list[str]:
    if len(template.encode()) <= _INLINE_BYTES:
        return []
    if not env.storage:
        raise UserError(
            f"{env.name}: the template {stack} has more than {_INLINE_BYTES} bytes and has to go by way of a "
            "bucket; write the section storage"
        )
    return ["--s3-bucket", env.storage.buckets.artifacts, "--s3-prefix", "cloudformation"]


def _tags(env: Environment) -> dict[str, str]:
    return {"cluster": env.cluster.name, "environment": env.name}


def _until(check: Check, seconds: int) -> Wait:
    return Wait(run=check.run, prints=check.prints, seconds=seconds)
