"""Workflows that train: Llama-2 on Trainium as a gang, Stable Diffusion on a GPU.

The workflows are in lib/llama2_workflow.py and lib/finetune.py, the gangs in lib/gangs.py. Here is who their
steps are and what they may do: mpi-operator v0.8.2 and argo-workflows v4.1.4 (docs/workflow-rbac.md).
"""

from collections.abc import Iterator, Sequence

from charts_src.lib import iam, llama2, network
from charts_src.lib.argo_workflows import PREFIX
from charts_src.lib.external_secrets import external_secret
from charts_src.lib.namespaces import TRAINING
from charts_src.lib.rbac import READ, Rule, role, service_account
from charts_src.lib.workflow_accounts import EXECUTOR, binding, workflow_account
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

GANGS = "workflow-gangs"
GANG_RULES = (Rule("kubeflow.org", ("mpijobs",), ("create", "delete", *READ, "patch")),)
"""What the steps that start, watch and remove gangs may do, in their own namespace."""

FINETUNE = "stable-diffusion-finetune"


class TrainingWorkflows(Component):
    """WorkflowTemplates, their accounts and what their pods may talk to."""

    name = "training-workflows"
    target_namespace = TRAINING

    @classmethod
    def enabled(cls, env: Environment) -> bool:
        """Say whether the environment trains anything."""
        return env.llama2 is not None or env.stable_diffusion_finetune is not None

    def pod_identities(self) -> Sequence[iam.PodIdentity]:
        """Let every step archive its logs, and those that read or write data do so below their prefix.

        Gangs need nothing: they work on the shared file system.
        """
        assert self.env.storage  # noqa: S101  # model/llama2.py and model/finetune.py demand it
        buckets = self.env.storage.buckets
        logs = iam.bucket_access(buckets.artifacts, PREFIX, write=True)
        found = []
        if self.env.llama2:
            data = iam.bucket_access(buckets.data, "llama2/", write=True)
            found.append(iam.PodIdentity(TRAINING, llama2.STEPS, {"artifacts": logs, "data": data}))
            found.append(iam.PodIdentity(TRAINING, GANGS, {"artifacts": logs}))
        if self.env.stable_diffusion_finetune:
            pictures = iam.bucket_access(buckets.data, "finetune/", write=False)
            results = iam.bucket_access(buckets.models, "stable-diffusion-finetuned/", write=True)
            policies = {"artifacts": logs, "pictures": pictures, "results": results}
            found.append(iam.PodIdentity(TRAINING, FINETUNE, policies))
        return found

    def compose(self) -> None:
        """Add what the environment trains; Hera takes a second to import, so only when it is needed."""
        if self.env.llama2:
            self._llama2()
        if section := self.env.stable_diffusion_finetune:
            from charts_src.lib import finetune

            self._steps(FINETUNE)
            self.add(finetune.workflow(self.env, section))

    def _llama2(self) -> None:
        from charts_src.lib.llama2_workflow import workflows

        assert self.env.llama2  # noqa: S101  # compose() asks
        self._steps(llama2.STEPS)
        self._steps(GANGS)
        self.add(role(GANGS, GANG_RULES))
        self.add(binding(GANGS, GANGS))
        service_account(self, llama2.ROLE)
        if self.env.llama2.hugging_face_token:
            self.add(external_secret(self.env, llama2.HUGGING_FACE, ["token"]))
        for body in (*workflows(self.env, self.env.llama2), *_gang_network()):
            self.add(body)

    def _steps(self, account: str) -> None:
        self.add(workflow_account(account))
        self.add(binding(EXECUTOR, account))


def _gang_network() -> Iterator[Body]:
    """Let the pods of gangs talk to each other on any port: MPI and collectives choose theirs.

    Traffic over EFA passes by network policies; the security group of the nodes lets it through. Nothing
    else is open to them, no Kubernetes API, no internet.
    """
    pods = {"app.kubernetes.io/name": llama2.ROLE}
    peers = [network.pods(pods)]
    yield network.allow(llama2.ROLE, pods, ingress=[{"from": peers}], egress=[{"to": peers}])
