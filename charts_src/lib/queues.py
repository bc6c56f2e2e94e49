"""Kueue's queues, by which jobs wait for their whole gang of nodes."""

from charts_src.lib.namespaces import RAY, SPARK_JOBS, TRAINING

QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
"""Label of a job: the LocalQueue of its namespace that it waits in."""

PRIORITY_LABEL = "kueue.x-k8s.io/priority-class"
"""Label of a job: its WorkloadPriorityClass."""

QUEUE = "default"
"""Name of the LocalQueue in each namespace that has one."""

PRIORITIES = {"interactive": 1000, "training": 500, "batch": 100}
"""WorkloadPriorityClass -> value; a higher one may preempt a lower one of its own queue."""

QUEUE_NAMESPACES = (RAY, SPARK_JOBS, TRAINING)
"""Namespaces with queues: Kueue and its webhooks look at jobs in these and in no other."""
