"""Pretraining of Llama-2: from text to checkpoints and a model that others can load, on Neuron, GPU or CPU."""
