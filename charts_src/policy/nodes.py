"""Rules for the nodes that Karpenter launches."""

from collections.abc import Iterator

from charts_src.lib.lustre import CLIENTS
from charts_src.objects import Body
from charts_src.policy.rule import Violation


def lustre_client(body: Body) -> Iterator[Violation]:
    """Demand images that are known to mount the shared file system: a pod with it may land on any node."""
    if body["kind"] != "EC2NodeClass":
        return
    for index, term in enumerate(body["spec"]["amiSelectorTerms"]):
        family = term.get("alias", "").partition("@")[0]
        if family not in CLIENTS:
            yield Violation(
                f"spec.amiSelectorTerms[{index}]",
                f"selects images that may lack the Lustre client, without which pods with the shared file "
                f"system wait forever; select one of {', '.join(CLIENTS)} by alias",
            )
