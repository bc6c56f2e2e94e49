"""Fine-tuning of language models on a Ray cluster, with a process for each accelerator."""
