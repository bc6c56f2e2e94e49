"""The sizes of models that can be trained.

Sizes of llama2-7b: config.json of meta-llama/Llama-2-7b-hf, which is also in neuronx-distributed,
examples/training/llama/tp_zero1_llama_hf_pretrain/7B_config_llama2. How it is trained: "Llama 2: Open
Foundation and Fine-Tuned Chat Models", section 2.2.
"""

from typing import Any, NamedTuple

from genai.errors import InputError

VOCABULARY_MULTIPLE = 128
"""Rows of the embedding are filled up to a multiple of this, so that any group of processes shares them."""

NORM_EPSILON = 1e-5
ROPE_THETA = 10_000.0
START_DEVIATION = 0.02
"""Standard deviation of weights at the start."""


class Architecture(NamedTuple):
    """The size of a model."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    peak_rate: float
    """Learning rate at the end of the warm-up."""

    recompute: bool
    """Whether layers are computed again on the way back, as their results don't fit in memory."""

    @property
    def head_size(self) -> int:
        """Give the numbers of one attention head."""
        return self.hidden // self.heads


_ARCHITECTURES = {
    "llama2-7b": Architecture(4096, 11008, 32, 32, peak_rate=3e-4, recompute=True),
    "llama2-tiny": Architecture(64, 172, 2, 4, peak_rate=3e-3, recompute=False),
}


def architecture(name: str) -> Architecture:
    """Give the size of a model by its name. Raises InputError with the names that there are."""
    if name not in _ARCHITECTURES:
        raise InputError(f"--model {name}: unknown; write one of {', '.join(_ARCHITECTURES)}")
    return _ARCHITECTURES[name]


def rows(vocabulary: int) -> int:
    """Give the rows of the embedding for a tokenizer that knows `vocabulary` tokens."""
    return -(-vocabulary // VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE


def hugging_face(size: Architecture, vocabulary: int, sequence_length: int) -> dict[str, Any]:
    """Give the fields of transformers' LlamaConfig."""
    return {
        "vocab_size": rows(vocabulary),
        "hidden_size": size.hidden,
        "intermediate_size": size.intermediate,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.heads,
        "max_position_embeddings": sequence_length,
        "rms_norm_eps": NORM_EPSILON,
        "rope_parameters": {"rope_type": "default", "rope_theta": ROPE_THETA},
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "attention_bias": False,
    }
