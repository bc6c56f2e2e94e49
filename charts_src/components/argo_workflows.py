"""Argo Workflows: the controller that runs workflows, and the server that shows them.

Sources, argo-workflows v4.1.4: manifests/namespace-install, docs/workflow-rbac.md, docs/managed-namespace.md.

Differences from upstream's namespaced installation, those of a program in its own module:

- controller and server manage the namespace `training` from another one, so who may start workflows can't
  change what runs them.
- no PriorityClass: with two controllers one takes over, and system nodes have room.
- no ClusterRoles argo-aggregate-to-*: people act through the server, which knows their groups.
- Roles workflow-executor and workflow-artifact-gc as in docs/workflow-rbac.md, bound to no default account.
"""

from collections.abc import Sequence

from charts_src.lib import argo_workflows_controller as controller
from charts_src.lib import argo_workflows_server as server
from charts_src.lib import iam, network, rbac
from charts_src.lib.argo_workflows import ARTIFACT_GC, CONTROLLER, MANAGED, POD, PREFIX, SERVER, configuration
from charts_src.lib.argo_workflows import SSO_SECRET as CLIENT
from charts_src.lib.namespaces import ARGO_WORKFLOWS
from charts_src.lib.rbac import Rule
from charts_src.lib.workflow_accounts import EXECUTOR, EXECUTOR_RULES, binding, workflow_account
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.model.argo_workflows import ArgoWorkflows as Section
from charts_src.objects import Body

ARTIFACT_GC_RULES = (
    Rule("argoproj.io", ("workflowartifactgctasks",), ("list", "watch")),
    Rule("argoproj.io", ("workflowartifactgctasks/status",), ("patch",)),
)


class ArgoWorkflows(Component):
    """Controller and server, with rights in the namespace of workflows and in no other."""

    name = "argo-workflows"
    target_namespace = ARGO_WORKFLOWS

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment has the section argo_workflows."""
        return env.argo_workflows is not None

    def versions(self) -> dict[str, str]:
        """Name the version of Argo Workflows."""
        return {"argo-workflows": self._section.version}

    def pod_identities(self) -> Sequence[iam.PodIdentity]:
        """Let the server read artifacts and logs, and garbage collection remove them.

        The controller never talks to S3. Workflow pods write with the accounts of their own components.
        """
        assert self.env.storage  # noqa: S101  # model/argo_workflows.py demands it
        bucket = self.env.storage.buckets.artifacts
        reads = iam.bucket_access(bucket, PREFIX, write=False)
        removes = iam.bucket_access(bucket, PREFIX, write=True)
        return (
            iam.PodIdentity(ARGO_WORKFLOWS, SERVER, {"artifacts": reads}),
            iam.PodIdentity(MANAGED, ARTIFACT_GC, {"artifacts": removes}),
        )

    def compose(self) -> None:
        """Add both programs, their configuration and accounts, and what every workflow pod needs."""
        self.add(configuration(self.env, self._section))
        self._own_permissions(CONTROLLER, controller.OWN_RULES)
        self._own_permissions(SERVER, server.OWN_RULES)
        self._managed_permissions(CONTROLLER, controller.MANAGED_RULES)
        self._managed_permissions(SERVER, server.MANAGED_RULES)
        self._secrets()
        for body in (
            *controller.objects(self.env, self._section),
            *server.objects(self.env, self._section),
            *server.people(self._section),
        ):
            self.add(body)
        self._workflow_pods()

    @property
    def _section(self) -> Section:
        assert self.env.argo_workflows  # noqa: S101  # enabled() is asked first
        return self.env.argo_workflows

    def _own_permissions(self, program: str, rules: tuple[Rule, ...]) -> None:
        account = rbac.service_account(self, program)
        self.add(rbac.role(program, rules))
        rbac.bind_role(account, program)

    def _managed_permissions(self, program: str, rules: tuple[Rule, ...]) -> None:
        self.add(rbac.role(program, rules, MANAGED))
        self.add(binding(program, program, ARGO_WORKFLOWS))

    def _secrets(self) -> None:
        """Let the server read its client, the key of its cookies, and the tokens of the users' accounts."""
        name = f"{SERVER}-secrets"
        people = [server.VIEWER, *([server.SUBMITTER] if self._section.submitters else [])]
        tokens = [server.token_secret(account) for account in people]
        self.add(server.named_secrets(name, None, [CLIENT, "sso"]))
        self.add(binding(name, SERVER, ARGO_WORKFLOWS, ARGO_WORKFLOWS))
        self.add(server.named_secrets(name, MANAGED, tokens))
        self.add(binding(name, SERVER, ARGO_WORKFLOWS))

    def _workflow_pods(self) -> None:
        self.add(rbac.role(EXECUTOR, EXECUTOR_RULES, MANAGED))
        self.add(rbac.role(ARTIFACT_GC, ARTIFACT_GC_RULES, MANAGED))
        self.add(workflow_account(ARTIFACT_GC))
        self.add(binding(ARTIFACT_GC, ARTIFACT_GC))
        self.add(_workflow_network(self.env))


def _workflow_network(env: Environment) -> Body:
    """Let the executor in every workflow pod report to the Kubernetes API and write to S3.

    The container that works shares its network, and with it HTTPS to anywhere: it downloads data sets.
    """
    return network.allow(
        "workflow-pods",
        POD,
        egress=[
            network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
            network.https_egress(),
            network.pod_identity_egress(),
        ],
        namespace=MANAGED,
    )
