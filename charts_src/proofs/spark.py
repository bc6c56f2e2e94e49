"""The pods of Spark: its sizes are cores and JVM memory, from which Spark computes requests.

Source: Spark 4 on Kubernetes, BasicDriverFeatureStep and BasicExecutorFeatureStep: a pod asks for its memory
and an overhead, the larger of 384 MiB and a share of the memory: 0.4 for Python and R, else 0.1.
"""

from charts_src.lib.quantities import mebibytes
from charts_src.objects import Body

_LEAST_OVERHEAD_MIB = 384
_PLACEMENT = ("affinity", "nodeSelector", "priorityClassName", "schedulerName", "tolerations")


def driver(spec: Body) -> Body:
    """Give the pod template of an application's driver, with the port of its web UI, which Spark adds."""
    template = _template(spec, spec["driver"], "spark-kubernetes-driver")
    first = template["spec"]["containers"][0]
    first["ports"] = [*first.get("ports", ()), {"name": "spark-ui", "containerPort": 4040}]
    return template


def executor(spec: Body) -> Body:
    """Give the pod template of an application's executors."""
    return _template(spec, spec["executor"], "spark-kubernetes-executor")


def _template(spec: Body, role: Body, name: str) -> Body:
    template = role.get("template", {})
    pod = dict(template.get("spec", {}))
    cores = str(role.get("coreRequest") or role.get("cores", 1))
    memory = _memory(spec, role)
    first: Body = {"name": name}
    first |= next((item for item in pod.get("containers", ()) if item["name"] == name), {})
    amounts = {"cpu": cores, "memory": f"{memory}Mi"}
    first["resources"] = {"requests": amounts, "limits": {"memory": f"{memory}Mi"}}
    pod["containers"] = [first, *(item for item in pod.get("containers", ()) if item["name"] != name)]
    pod |= {field: role[field] for field in _PLACEMENT if field in role}
    pod["serviceAccountName"] = role.get("serviceAccount", pod.get("serviceAccountName", "default"))
    own = template.get("metadata", {})
    metadata = {key: own.get(key, {}) | role.get(key, {}) for key in ("annotations", "labels")}
    return {"metadata": metadata, "spec": pod}


def _memory(spec: Body, role: Body) -> int:
    """Give the memory of a pod in MiB; Spark writes quantities such as 4g, which means GiB."""
    heap = _jvm_mebibytes(role.get("memory", "1g"))
    if "memoryOverhead" in role:
        return heap + _jvm_mebibytes(role["memoryOverhead"])
    share = float(spec.get("memoryOverheadFactor") or (0.4 if spec.get("type") in ("Python", "R") else 0.1))
    return heap + max(_LEAST_OVERHEAD_MIB, int(heap * share))


def _jvm_mebibytes(amount: str) -> int:
    number, unit = amount.rstrip("iIbB").rstrip("kKmMgGtT"), amount.rstrip("iIbB")[-1].lower()
    return mebibytes(f"{number}{unit.upper()}i") if unit.isalpha() else mebibytes(amount)
