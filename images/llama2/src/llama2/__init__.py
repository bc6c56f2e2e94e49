"""Pretraining of Llama-2 on Neuron, GPU or CPU: from text to checkpoints and a model to load."""
