"""Environment -> the files of rendered/<env>/aws/."""

from collections.abc import Sequence

from charts_src.cloud.access import access, role_name
from charts_src.cloud.bootstrap import bootstrap, right_account
from charts_src.cloud.capability import capability
from charts_src.cloud.eksctl import cluster_config, key_alias
from charts_src.cloud.foundation import foundation
from charts_src.cloud.images import BAKE, plan, recipe
from charts_src.cloud.network import network
from charts_src.cloud.teardown import teardown
from charts_src.cloud.template import document, text
from charts_src.emit import emit
from charts_src.errors import UserError
from charts_src.lib.iam import PodIdentity
from charts_src.lib.karpenter_iam import interruption_queue
from charts_src.lib.node_class import efa_group_tags, subnet_tags
from charts_src.lib.own_images import Wanted
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.publish import Files
from charts_src.schema import store
from charts_src.steps.plan import Plan


def files(env: Environment, identities: Sequence[PodIdentity], images: Sequence[Wanted] = ()) -> Files:
    """Give every file, for the roles and our own images that the manifests need.

    Raises UserError when the ClusterConfig is none by eksctl's schema.
    """
    config = cluster_config(env)
    if problems := store.problems(config, env.kubernetes):
        raise UserError("\n".join(f"aws/cluster.yaml: {problem}" for problem in problems))
    templates = {
        "access.json": access(env, identities),
        "foundation.json": foundation(env, images),
        "network.json": network(env),
        **({"argocd.json": capability(env)} if env.argocd.engine == "eks-capability" else {}),
    }
    return {
        **templates,
        BAKE: recipe(env, images),
        "bootstrap.yaml": _plan(bootstrap(env, templates, images)),
        "cluster.yaml": emit(config),
        "images.yaml": _plan(plan(env, images, right_account(env))),
        "teardown.yaml": _plan(teardown(env)),
        "terraform.tfvars.json": text(_variables(env, identities)),
        **_policies(identities),
    }


def _plan(plan: Plan) -> str:
    return emit(plan.model_dump(mode="json", exclude_defaults=True))


def _policies(identities: Sequence[PodIdentity]) -> Files:
    """Give each IAM policy as a document of its own, for review and for other tools."""
    return {
        f"iam/{each.namespace}.{each.service_account}.{name}.json": text(document(statements))
        for each in identities
        for name, statements in each.policies.items()
    }


def _variables(env: Environment, identities: Sequence[PodIdentity]) -> Body:
    """Say what a cluster made by Terraform has to have: values for variables of the same names."""
    nodes = env.cluster.system_nodes
    return {
        "account_id": env.aws.account,
        "region": env.aws.region,
        "availability_zones": list(env.aws.zones),
        "cluster_name": env.cluster.name,
        "kubernetes_version": env.kubernetes,
        "vpc_cidr": env.cluster.vpc_cidr,
        "service_cidr": env.cluster.service_cidr,
        "kms_key_alias": key_alias(env),
        "admin_role_arns": list(env.cluster.admin_roles),
        "private_subnet_tags": subnet_tags(env),
        "efa_security_group_tags": efa_group_tags(env),
        "node_role_name": env.karpenter.node_role,
        "interruption_queue_name": interruption_queue(env),
        "system_node_group": {
            "instance_types": list(nodes.instance_types),
            "min_size": nodes.min_size,
            "desired_size": nodes.desired_size,
            "max_size": nodes.max_size,
            "volume_gib": nodes.volume_gib,
        },
        "buckets": dict(env.storage.buckets) if env.storage else {},
        "pod_identities": [
            {
                "namespace": each.namespace,
                "service_account": each.service_account,
                "role_name": role_name(env, each),
                "policy_files": [
                    f"iam/{each.namespace}.{each.service_account}.{name}.json" for name in each.policies
                ],
            }
            for each in identities
        ],
    }
