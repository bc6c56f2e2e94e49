"""AWS permissions of pods: one IAM role for each ServiceAccount, bound by an EKS Pod Identity association.

Nothing of this is a Kubernetes object: the association belongs to the cluster, so a component only says what
its accounts need, and the rendering of rendered/<env>/aws/ makes roles and associations of it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from charts_src.model import Environment
from charts_src.objects import Body


class PodIdentity(NamedTuple):
    """What the pods of one ServiceAccount may do in AWS."""

    namespace: str
    service_account: str
    policies: dict[str, list[Body]]
    """Name of a policy -> its statements; a managed policy holds 6,144 characters, so a long one is split."""


def statement(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, Mapping[str, str | Sequence[str]]] | None = None,
) -> Body:
    """Give a statement that allows actions; `sid` says in CamelCase what for.

    `conditions` maps operator to condition key to value, as IAM writes them.
    """
    body: Body = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
    return body | (
        {"Condition": {key: dict(value) for key, value in conditions.items()}} if conditions else {}
    )


def bucket_access(bucket: str, prefix: str = "", *, write: bool) -> list[Body]:
    """Give the statements to list a bucket below a prefix, and to read, or also write, its objects there."""
    objects = [
        "s3:GetObject",
        *(("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload") if write else ()),
    ]
    below = {"StringLike": {"s3:prefix": [f"{prefix}*"]}} if prefix else None
    return [
        statement("ListBucket", ["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"], below),
        statement("Objects", objects, [f"arn:aws:s3:::{bucket}/{prefix}*"]),
    ]


def reads_models(env: Environment, namespace: str, account: str) -> tuple[PodIdentity, ...]:
    """Let an account read the bucket of models, if the environment has one."""
    if not env.storage:
        return ()
    access = {"models": bucket_access(env.storage.buckets.models, write=False)}
    return (PodIdentity(namespace, account, access),)


def reads_data_and_models(env: Environment, namespace: str, *accounts: str) -> tuple[PodIdentity, ...]:
    """Let accounts read the buckets of data and models, if the environment has them."""
    if not env.storage:
        return ()
    buckets = env.storage.buckets
    access = {
        "data": bucket_access(buckets.data, write=False),
        "models": bucket_access(buckets.models, write=False),
    }
    return tuple(PodIdentity(namespace, account, access) for account in accounts)
