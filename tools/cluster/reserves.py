"""Rights that operators have and a run on a plane does not ask for, each with the reason to keep it.

They come from upstream's own roles, which are written for every feature of an operator and for API servers
of several ages. What is neither used nor explained here is listed in the report of make cluster-test.
"""

from tools.cluster.rights import Reserve

_ANY = ".*"
_ARGO, _KUBERAY, _KUEUE = (
    "argo-workflows:workflow-controller",
    "kuberay-system:kuberay-operator",
    "kueue-system:kueue",
)
_MPI, _SPARK = "mpi-operator:mpi-operator", "spark-operator:spark-operator-controller"

_STREAMED = "informers stream a list by watch (WatchList) where the server can, and list where it can't"
_CACHED = (
    "reads come from the informer's cache; who may list or watch a kind may see each object of it anyway"
)
_STATUS = "upstream grants both ways to write a status, update and patch; each operator uses one"
_OWNERS = "for API servers with the admission plugin OwnerReferencesPermissionEnforcement, which is off here"
_EVENTS = "an event that is repeated is counted by a change of it"

RESERVES = (
    Reserve(_ANY, r"list .*", _STREAMED),
    Reserve(_ANY, r"get (?!secrets).*", _CACHED),
    Reserve(_ANY, r"(update|patch) \w+/status.*", _STATUS),
    Reserve(_ANY, r"\w+ \w+/finalizers.*", _OWNERS),
    Reserve(_ANY, r"(patch|update) events.*", _EVENTS),
    Reserve(_ARGO, r"(delete|patch|update) pods", "pods of a workflow that is stopped, retried or has ended"),
    Reserve(_ARGO, r"create pods/exec", "to end what runs in a pod of a step with a daemon or a deadline"),
    Reserve(_ARGO, r"\w+ workflowartifactgctasks.*", "removes artifacts of workflows that ask for it"),
    Reserve(_ARGO, r"\w+ workflowtasksets.*", "steps that call HTTP or a plugin run in an agent's pod"),
    Reserve(_ARGO, r"\w+ poddisruptionbudgets.*", "workflows that ask for a budget"),
    Reserve(
        _ARGO, r"(create|delete|patch) workflows\.argoproj\.io", "made on a schedule, and removed by age"
    ),
    Reserve(_ARGO, r"(delete|patch|update) cronworkflows.*", "notes the last run; none is due here"),
    Reserve(_KUBERAY, r"(delete|deletecollection|patch|update) pods", "scales down, and replaces what fails"),
    Reserve(_KUBERAY, r"patch pods/resize", "resizes pods in place, a feature gate"),
    Reserve(_KUBERAY, r"\w+ jobs\.batch", "submits a RayJob once its cluster answers"),
    Reserve(
        _KUBERAY,
        r"(create|delete) serviceaccounts",
        "clusters with an autoscaler and no account of their own",
    ),
    Reserve(_KUBERAY, r"(delete|patch) services", "clusters that are removed or change"),
    Reserve(
        _KUBERAY, r"(create|delete|patch|update) ray\w+\.ray\.io", "upgrades, jobs' clusters, clean-up by age"
    ),
    Reserve(_KUBERAY, r"(delete|update) (rolebindings|roles)\..*", "follows the autoscaler of a cluster"),
    Reserve(_KUEUE, r"create (tokenreviews|subjectaccessreviews)\..*", "asks who may read its metrics"),
    Reserve(_KUEUE, r"(patch|update) jobs\.batch", "suspends and starts Jobs in a queue; none is here"),
    Reserve(
        _KUEUE, r"update (mpijobs|rayclusters|rayjobs)\..*", "suspends what loses its place in the queue"
    ),
    Reserve(_KUEUE, r"\w+ admissionchecks.*", "queues with a check of their own"),
    Reserve(
        _KUEUE,
        r"watch (topologies|rayservices|resourceclaims|resourceclaimtemplates|priorityclasses)\..*",
        "features that are off",
    ),
    Reserve(_KUEUE, r"(delete|patch) workloads\..*", "workloads without an owner, and eviction"),
    Reserve(_MPI, r"update (secrets|services|jobs\.batch)", "puts right what others changed"),
    Reserve(
        _SPARK,
        r"(create|delete|update) pods",
        "removes the pods of an application; drivers are made by spark-submit",
    ),
    Reserve(
        _SPARK, r"(create|delete|patch|update) (configmaps|services)", "an application's UI and monitoring"
    ),
    Reserve(_SPARK, r"(create|delete) sparkapplications\..*", "those of a schedule"),
    Reserve(_SPARK, r"\w+ sparkconnects.*", "Spark Connect servers, of which none is here"),
)
