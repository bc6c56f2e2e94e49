"""Programs that stand in for aws, eksctl and kubectl: they log what they are told and answer from files."""

import os
from pathlib import Path

_PROGRAM = """\
#!/bin/sh
# What there is, is the files in $FAKE/there; what is asked to fail, the lines of $FAKE/fail.
line="$(basename "$0") $*"
printf '%s\\n' "$line" >>"$FAKE/log"
while read -r words; do case "$line" in *"$words"*) echo "no luck" >&2; exit 3;; esac; done <"$FAKE/fail"
there() { if [ -e "$FAKE/there/$1" ]; then echo "$2"; fi; }
gone() { rm -f "$FAKE/there/$1"; }
case "$line" in
*get-caller-identity*) echo 111122223333 ;;
*ROLLBACK_COMPLETE*) ;;
*list-clusters*) there cluster genai-dev ;;
*alpha.eksctl.io/cluster-name*) there cluster eksctl-genai-dev-cluster ;;
*list-stacks*genai-dev-foundation\\'*) there foundation genai-dev-foundation ;;
*list-stacks*eksctl-genai-dev-cluster*IN_PROGRESS*) ;;
*list-stacks*eksctl-genai-dev-cluster*) there cluster eksctl-genai-dev-cluster ;;
*describe-stacks*FileSystemId*) echo fs-0123456789abcdef1 example1 ;;
*list-stacks*) ;;
*"get crd nodepools"*) echo crd ;;
*"get crd"*) ;;
*describe-instances*karpenter.sh/nodepool*) there nodes i-1 ;;
*"get nodeclaims"*) there nodes nodeclaim/a ;;
*"get nodeclasses"*) ;;
*describe-volumes*tag:cluster*) there volume vol-1 ;;
*delete-volume*) [ -e "$FAKE/there/stuck" ] || gone volume ;;
*describe-subnets*) echo subnet-1 ;;
*"delete nodepools"*) [ -e "$FAKE/there/karpenter" ] && gone nodes ;;
*"--namespace=karpenter"*) gone karpenter ;;
*"eksctl create cluster"*) sleep "${SLOW:-0}"; touch "$FAKE/there/cluster" ;;
*"eksctl delete cluster"*) [ -e "$FAKE/there/nodes" ] && exit 4; gone cluster ;;
*execute-change-set*) touch "$FAKE/there/foundation" ;;
*delete-stack*foundation*) gone foundation ;;
*list-buckets*) echo a-data ;;
*"get application root"*) echo Synced ;;
*get-role*) [ -e "$FAKE/there/spot" ] || exit 254 ;;
*create-service-linked-role*) touch "$FAKE/there/spot" ;;
esac
exit 0
"""


class Fakes:
    """A folder with the programs, what they saw and what they pretend is there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "there").mkdir(parents=True)
        (root / "bin").mkdir()
        (root / "fail").write_text("")
        (root / "log").write_text("")
        for name in ("aws", "eksctl", "kubectl"):
            program = root / "bin" / name
            program.write_text(_PROGRAM)
            program.chmod(0o755)

    def variables(self) -> dict[str, str]:
        return {"FAKE": str(self.root), "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"}

    def there(self, *names: str) -> None:
        """Pretend that things are there."""
        for name in names:
            (self.root / "there" / name).touch()

    def fail(self, *words: str) -> None:
        """Have each command fail that has these words."""
        (self.root / "fail").write_text("".join(f"{each}\n" for each in words))

    def log(self) -> list[str]:
        """Give every command so far."""
        return (self.root / "log").read_text().splitlines()

    def changes(self) -> list[str]:
        """Give the commands that change something, short."""
        lines = [line.replace(" --kubeconfig=.cache/kubeconfig-genai-dev", "") for line in self.log()]
        return [" ".join(line.split()[:4]) for line in lines if not _asks(line)]

    def forget(self) -> None:
        (self.root / "log").write_text("")


def _asks(line: str) -> bool:
    words = line.split()
    verb = words[1] if words[0] == "kubectl" else words[2] if words[0] == "aws" else ""
    return verb.partition("-")[0] in {"get", "list", "describe", "wait"}
