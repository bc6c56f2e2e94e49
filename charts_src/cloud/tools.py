"""The command lines of aws, eksctl and kubectl for one environment.

Every one says its region, and kubectl its own kubeconfig: a plan never works on whatever cluster the person's
own configuration happens to point at.
"""

from charts_src.model import Environment
from charts_src.steps.plan import Check, Command

Words = tuple[str, ...]

STACKS = ("foundation", "network", "access", "argocd")
"""Stacks of CloudFormation that an environment can have, beside those of eksctl."""


def aws(env: Environment, *words: str, query: str | None = None) -> Command:
    """Give a command of the AWS CLI; with a query (JMESPath) it prints words."""
    output = ("--query", query, "--output", "text") if query else ()
    return ("aws", *words, "--region", env.aws.region, *output)


def kubeconfig(env: Environment) -> str:
    """Name the file with the cluster's address, which only the plans use."""
    return f".cache/kubeconfig-{env.cluster.name}"


def kubectl(env: Environment, *words: str) -> Command:
    """Give a command of kubectl."""
    return ("kubectl", f"--kubeconfig={kubeconfig(env)}", *words)


def eksctl(env: Environment, *words: str) -> Command:
    """Give a command of eksctl on the rendered ClusterConfig."""
    return ("eksctl", *words, "--config-file", file(env, "cluster.yaml"))


def file(env: Environment, name: str) -> str:
    """Name a rendered file of the AWS side."""
    return f"rendered/{env.name}/aws/{name}"


def stack(env: Environment, name: str) -> str:
    """Name a stack."""
    return f"{env.cluster.name}-{name}"


def listed(words: Words) -> str:
    """Write words as a list in JMESPath."""
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def no_stack(env: Environment, name: str) -> Check:
    """Ask whether a stack is not there; one that is deleted stays in the lists for 90 days."""
    query = f"StackSummaries[?StackName=='{name}' && StackStatus!='DELETE_COMPLETE'].StackName"
    return Check(run=aws(env, "cloudformation", "list-stacks", query=query), prints="")


def stack_complete(env: Environment, name: str) -> Check:
    """Ask whether a stack is there and whole."""
    whole = "contains(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'IMPORT_COMPLETE'], StackStatus)"
    query = f"StackSummaries[?StackName=='{name}' && {whole}].StackName"
    return Check(run=aws(env, "cloudformation", "list-stacks", query=query), prints=name)


def no_cluster(env: Environment) -> Check:
    """Ask whether there is no cluster of that name."""
    query = f"clusters[?@=='{env.cluster.name}']"
    return Check(run=aws(env, "eks", "list-clusters", query=query), prints="")
