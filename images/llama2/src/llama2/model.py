"""The model, with the names of weights that transformers' LlamaForCausalLM has.

What differs between devices comes from outside as Parts: layers that may hold only a share of their weights,
attention, and the loss. Nothing here knows how many processes share the model: a layer that is split gives
fewer heads, and all sizes follow from that.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from llama2.architectures import NORM_EPSILON, ROPE_THETA, Architecture, rows

Layer = Callable[[int, int], nn.Module]
"""Gives a layer without bias for sizes (in, out)."""


class Parts(NamedTuple):
    """What a device brings."""

    embedding: Layer
    """Sizes (rows, hidden)."""

    column: Layer
    """A linear layer whose results may be shared out."""

    row: Layer
    """A linear layer whose inputs may be shared out."""

    attention: Callable[[Tensor, Tensor, Tensor], Tensor]
    """Causal attention: query, key and value [batch, heads, tokens, head size] -> the same shape."""

    loss: Callable[[Tensor, Tensor], Tensor]
    """Mean loss of logits [batch, tokens, rows or a share of them] for labels [batch, tokens]."""


class Norm(nn.Module):
    """Root mean square norm, computed in 32 bits."""

    def __init__(self, hidden: int) -> None:
        """Start as the identity of direction."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden))

    def forward(self, x: Tensor) -> Tensor:
        """Scale [..., hidden]."""
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + NORM_EPSILON)
        return self.weight * wide.to(x.dtype)


class Attention(nn.Module):
    """Attention with rotary positions."""

    def __init__(self, size: Architecture, parts: Parts) -> None:
        """Make the four layers."""
        super().__init__()
        self.q_proj = parts.column(size.hidden, size.hidden)
        self.k_proj = parts.column(size.hidden, size.hidden)
        self.v_proj = parts.column(size.hidden, size.hidden)
        self.o_proj = parts.row(size.hidden, size.hidden)
        self._head_size, self._attention = size.head_size, parts.attention

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """Give [batch, tokens, hidden] for the same."""
        query, key, value = (
            layer(x).unflatten(-1, (-1, self._head_size)).transpose(1, 2)
            for layer in (self.q_proj, self.k_proj, self.v_proj)
        )
        query, key = (_rotate(each, cosine, sine) for each in (query, key))
        mixed: Tensor = self._attention(query, key, value)
        result: Tensor = self.o_proj(mixed.transpose(1, 2).flatten(2))
        return result


class FeedForward(nn.Module):
    """The gated layers between attentions."""

    def __init__(self, size: Architecture, parts: Parts) -> None:
        """Make the three layers."""
        super().__init__()
        self.gate_proj = parts.column(size.hidden, size.intermediate)
        self.up_proj = parts.column(size.hidden, size.intermediate)
        self.down_proj = parts.row(size.intermediate, size.hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Give [batch, tokens, hidden] for the same."""
        result: Tensor = self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))
        return result


class Block(nn.Module):
    """One of the layers that are alike."""

    def __init__(self, size: Architecture, parts: Parts) -> None:
        """Make attention and what follows it."""
        super().__init__()
        self.input_layernorm = Norm(size.hidden)
        self.self_attn = Attention(size, parts)
        self.post_attention_layernorm = Norm(size.hidden)
        self.mlp = FeedForward(size, parts)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """Give [batch, tokens, hidden] for the same."""
        x = x + self.self_attn(self.input_layernorm(x), cosine, sine)
        return x + self.mlp(self.post_attention_layernorm(x))


class Trunk(nn.Module):
    """All but the last layer."""

    def __init__(self, size: Architecture, vocabulary: int, parts: Parts, *, recompute: bool) -> None:
        """Make embedding, layers and norm."""
        super().__init__()
        self.embed_tokens = parts.embedding(rows(vocabulary), size.hidden)
        self.layers = nn.ModuleList(Block(size, parts) for _ in range(size.layers))
        self.norm = Norm(size.hidden)
        self._head_size, self._recompute = size.head_size, recompute

    def forward(self, tokens: Tensor) -> Tensor:
        """Give [batch, tokens, hidden] for [batch, tokens]."""
        x = self.embed_tokens(tokens)
        cosine, sine = _turns(tokens.shape[1], self._head_size, x)
        for layer in self.layers:
            if self._recompute and self.training:
                x = checkpoint(layer, x, cosine, sine, use_reentrant=False)
            else:
                x = layer(x, cosine, sine)
        result: Tensor = self.norm(x)
        return result


class Llama(nn.Module):
    """The model with its loss."""

    def __init__(self, size: Architecture, vocabulary: int, parts: Parts, *, recompute: bool = False) -> None:
        """Make the model; with `recompute` it saves memory by computing layers twice."""
        super().__init__()
        self.model = Trunk(size, vocabulary, parts, recompute=recompute)
        self.lm_head = parts.column(size.hidden, rows(vocabulary))
        self._loss = parts.loss

    def forward(self, samples: Tensor) -> Tensor:
        """Give the mean loss of samples [batch, tokens + 1]: each token is to be told from those before."""
        return self._loss(self.lm_head(self.model(samples[:, :-1])), samples[:, 1:])


def _turns(tokens: int, head_size: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Give cosine and sine of each position, [tokens, head size]."""
    exponents = torch.arange(0, head_size, 2, dtype=torch.float32, device=like.device) / head_size
    positions = torch.arange(tokens, dtype=torch.float32, device=like.device)
    angles = torch.outer(positions, ROPE_THETA**-exponents).repeat(1, 2)
    return angles.cos().to(like.dtype), angles.sin().to(like.dtype)


def _rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat((-second, first), dim=-1) * sine
