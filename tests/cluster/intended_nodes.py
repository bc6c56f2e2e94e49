"""The nodes that the workloads of each environment are meant for, one pod of each kind."""

from tests.cluster.placing import Placed

CPU = {
    "dev": {("system", "m7i", "spot")},
    "staging": {("system", "m7i", "on-demand")},
    "prod": {("system", "m7i", "on-demand")},
}
AT_ONCE = {"dev": 6, "staging": 100, "prod": 100}
"""Workloads that run at one time, one pod of each kind; the limits of dev do not hold all."""

SPARK = {("batch", "m7i", "on-demand"), ("batch", "m7i", "spot")}
INTENDED: dict[str, dict[str, set[Placed]]] = {
    "dev": {
        "platform": set(),
        "raycluster-ray-shared": {("gpu", "g6.2xlarge", "spot")},
        "rayjob-training-train-smoke": {("trainium", "trn1.2xlarge", "spot")},
        "rayservice-llm-llm": {("gpu", "g6.2xlarge", "spot")},
        "rayservice-stable-diffusion-stable-diffusion-gpu": {("gpu", "g6.2xlarge", "spot")},
        "scheduledsparkapplication-spark-jobs-text-pipeline": SPARK,
        "workflowtemplate-training-llama2-pretraining": set(),
        "workflowtemplate-training-llama2-prune-checkpoints": set(),
        "workflowtemplate-training-stable-diffusion-finetun": {("gpu", "g6.2xlarge", "spot")},
        "notebook-cpu": set(),
        "notebook-gpu": {("gpu", "g6.2xlarge", "spot")},
        "notebook-inferentia": {("inferentia", "inf2.xlarge", "spot")},
        "notebook-trainium": {("trainium", "trn1.2xlarge", "spot")},
    },
    "staging": {
        "platform": set(),
        "raycluster-ray-shared": {("gpu", "g6.2xlarge", "spot")},
        "rayjob-training-sdxl-smoke": {("gpu-training", "g6.12xlarge", "spot")},
        "rayservice-llm-llm": {("gpu", "g6.2xlarge", "spot")},
        "rayservice-stable-diffusion-stable-diffusion-gpu": {("gpu", "g6.2xlarge", "spot")},
        "rayservice-stable-diffusion-stable-diffusion-inf2": {("inferentia", "inf2.8xlarge", "spot")},
        "scheduledsparkapplication-spark-jobs-text-pipeline": SPARK,
        "workflowtemplate-training-llama2-pretraining": {("trainium", "trn1.32xlarge", "on-demand")},
        "workflowtemplate-training-llama2-prune-checkpoints": set(),
        "workflowtemplate-training-stable-diffusion-finetun": {("gpu", "g6.2xlarge", "spot")},
        "notebook-cpu": set(),
        "notebook-gpu": {("gpu", "g6.2xlarge", "spot")},
        "notebook-inferentia": {("inferentia", "inf2.8xlarge", "spot")},
    },
    "prod": {
        "platform": set(),
        "raycluster-ray-shared": {("gpu", "g6.2xlarge", "on-demand")},
        "rayservice-llm-llm": {("gpu", "g6.2xlarge", "on-demand"), ("gpu-large", "g6.12xlarge", "on-demand")},
        "rayservice-stable-diffusion-stable-diffusion-gpu": {("gpu", "g6.2xlarge", "on-demand")},
        "rayservice-stable-diffusion-stable-diffusion-inf2": {("inferentia", "inf2.8xlarge", "on-demand")},
        "scheduledsparkapplication-spark-jobs-text-pipeline": SPARK,
        "workflowtemplate-training-llama2-pretraining": {("trainium", "trn1.32xlarge", "reserved")},
        "workflowtemplate-training-llama2-prune-checkpoints": set(),
        "workflowtemplate-training-stable-diffusion-finetun": {("gpu", "g6.2xlarge", "on-demand")},
        "notebook-cpu": set(),
        "notebook-gpu": {("gpu", "g6.2xlarge", "on-demand")},
        "notebook-inferentia": {("inferentia", "inf2.8xlarge", "on-demand")},
    },
}
"""Nodes of each workload's pods beside those of CPU, which may carry several; of m7i any size."""
