# ruff: noqa: ARG001  # the signatures are NxD's
"""The backend of NeuronCores against a stand-in: no test here runs on a device.

The stand-in has the signatures that were read in neuronx-distributed 0.18, so a wrong argument fails; its
layers are PyTorch's, so the loop trains with it; and it writes files where NxD writes them.
"""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional

from llama2 import export, training
from llama2.arguments import parse
from llama2.backends import connect
from llama2.model import Block

calls: list[str] = []


class ColumnParallelLinear(nn.Linear):  # type: ignore[misc]
    def __init__(
        self,
        input_size: int,
        output_size: int,
        bias: bool = True,
        gather_output: bool = True,
        dtype: torch.dtype = torch.float32,
        device: Any = None,
        stride: int = 1,
        init_method: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(input_size, output_size, bias, device, dtype)
        assert init_method is not None
        assert (bias, gather_output, stride) == (False, False, 1)
        init_method(self.weight)


class RowParallelLinear(nn.Linear):  # type: ignore[misc]
    def __init__(
        self,
        input_size: int,
        output_size: int,
        bias: bool = True,
        input_is_parallel: bool = False,
        dtype: torch.dtype = torch.float32,
        device: Any = None,
        stride: int = 1,
        init_method: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(input_size, output_size, bias, device, dtype)
        assert init_method is not None
        assert (bias, input_is_parallel, stride) == (False, True, 1)
        init_method(self.weight)


class ParallelEmbedding(nn.Embedding):  # type: ignore[misc]
    def __init__(
        self, num_embeddings: int, embedding_dim: int, init_method: Callable[[Any], Any] = nn.init.normal_
    ) -> None:
        super().__init__(num_embeddings, embedding_dim)
        init_method(self.weight)


def parallel_cross_entropy(
    vocab_parallel_logits: torch.Tensor, target: torch.Tensor, label_smoothing: float = 0.0
) -> torch.Tensor:
    assert vocab_parallel_logits.dtype == torch.float32
    return functional.cross_entropy(vocab_parallel_logits, target, reduction="none")


def neuronx_distributed_config(
    tensor_parallel_size: int = 1,
    pipeline_parallel_size: int = 1,
    expert_parallel_size: int = 1,
    context_parallel_size: int = 1,
    pipeline_config: Any = None,
    optimizer_config: Any = None,
    activation_checkpoint_config: Any = None,
    pad_model: bool = False,
    sequence_parallel: bool = False,
    model_init_config: Any = None,
    lora_config: Any = None,
    mixed_precision_config: Any = None,
    sequential_move_factor: int = 11,
    lnc_size: int = 1,
) -> dict[str, Any]:
    assert activation_checkpoint_config is Block
    assert set(mixed_precision_config) == {
        "use_master_weights",
        "use_fp32_grad_acc",
        "use_master_weights_in_ckpt",
    }
    assert set(optimizer_config) == {"zero_one_enabled", "grad_clipping", "max_grad_norm"}
    return {"tensor_parallel_size": tensor_parallel_size}


class NxDModel(nn.Module):  # type: ignore[misc]
    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *args: Any) -> Any:
        return self.module(*args)

    def named_parameters(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        yield from self.module.named_parameters(*args, **kwargs)


def initialize_parallel_model(
    nxd_config: Any, model_fn: Callable[..., nn.Module], include_buffers: bool = False, *model_args: Any
) -> NxDModel:
    calls.append("model")
    return NxDModel(model_fn(*model_args))


def initialize_parallel_optimizer(
    nxd_config: Any, optimizer_class: Any, parameters: Any, **defaults: Any
) -> Any:
    calls.append("optimizer")
    assert parameters[1]["weight_decay"] == 0
    return optimizer_class(parameters, **defaults)


def save_checkpoint(
    checkpoint_dir_str: str,
    tag: str,
    model: Any = None,
    optimizer: Any = None,
    scheduler: Any = None,
    user_content: Any = None,
    num_workers: int = 8,
    use_xser: bool = False,
) -> None:
    folder = Path(checkpoint_dir_str, tag)
    for part, found in (("model", model.module), ("optim", optimizer)):
        (folder / part).mkdir(parents=True)
        torch.save(found.state_dict(), folder / part / "dp_rank_00_tp_rank_00_pp_rank_00.pt")


def load_checkpoint(
    path: str, tag: str | None = None, model: Any = None, optimizer: Any = None, scheduler: Any = None
) -> Any:
    assert tag
    for part, found in (("model", model.module), ("optim", optimizer)):
        if found is not None:
            found.load_state_dict(
                torch.load(Path(path, tag, part, "dp_rank_00_tp_rank_00_pp_rank_00.pt"), weights_only=True)
            )


def all_reduce(reduce_type: str, inputs: Any, scale: float = 1.0, groups: Any = None) -> Any:
    assert reduce_type == "sum"
    return inputs


STANDINS: dict[str, dict[str, Any]] = {
    "torch_xla": {},
    "torch_xla.core": {},
    "torch_xla.core.xla_model": {
        "REDUCE_SUM": "sum",
        "all_reduce": all_reduce,
        "mark_step": lambda: calls.append("mark"),
        "rendezvous": lambda tag: calls.append(tag),
        "wait_device_ops": lambda: None,
        "xla_device": lambda: torch.device("cpu"),
    },
    "torch_xla.distributed": {},
    "torch_xla.distributed.xla_backend": {},
    "neuronx_distributed": {
        "initialize_parallel_model": initialize_parallel_model,
        "initialize_parallel_optimizer": initialize_parallel_optimizer,
        "load_checkpoint": load_checkpoint,
        "neuronx_distributed_config": neuronx_distributed_config,
        "save_checkpoint": save_checkpoint,
    },
    "neuronx_distributed.parallel_layers": {},
    "neuronx_distributed.parallel_layers.layers": {
        "ColumnParallelLinear": ColumnParallelLinear,
        "ParallelEmbedding": ParallelEmbedding,
        "RowParallelLinear": RowParallelLinear,
    },
    "neuronx_distributed.parallel_layers.loss_functions": {"parallel_cross_entropy": parallel_cross_entropy},
    "neuronx_distributed.parallel_layers.parallel_state": {
        "get_data_parallel_rank": lambda: 0,
        "get_data_parallel_size": lambda: 1,
    },
    "neuronx_distributed.utils": {},
    "neuronx_distributed.utils.adamw_fp32_optim_params": {"AdamW_FP32OptimParams": torch.optim.AdamW},
}


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    modules = {name: ModuleType(name) for name in STANDINS}
    for name, members in STANDINS.items():
        vars(modules[name]).update(members)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(modules[parent], child, modules[name])
        monkeypatch.setitem(sys.modules, name, modules[name])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        place = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    started = dist.init_process_group
    monkeypatch.setattr(
        dist,
        "init_process_group",
        lambda backend: started({"xla": "gloo"}[backend], init_method=place, rank=0, world_size=1),
    )
    yield
    dist.destroy_process_group()


def test_the_loop_trains_goes_on_and_exports_through_nxd(
    standin: None, fsx: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(training, "PORT", None)
    run, tokenizer = tmp_path / "run", fsx / "data/llama2/tokenizer"
    words = [
        *("train", "--device", "neuron", "--processes", "1", "--model", "llama2-tiny"),
        *("--tokenizer", str(tokenizer), "--dataset", str(fsx / "data/llama2/dataset-64"), "--run", str(run)),
        *("--sequence-length", "64", "--global-batch", "4", "--tensor-parallel", "1"),
        *("--steps", "4", "--checkpoint-every", "2"),
    ]
    settings = parse(words)
    backend = connect(settings)
    training.train(settings._replace(steps=2), backend)
    training.train(settings, backend)
    assert calls.count("model") == 2
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == [
        "step-0000000002",
        "step-0000000004",
    ]
    training.evaluate(settings, backend)
    assert json.loads((run / "evaluation.json").read_text())["step"] == 4
    assert backend.exchange(1024)[1]
    backend.close()
    assert calls[-1] == "end"
    monkeypatch.setattr(sys, "argv", ["export", "--run", str(run), "--tokenizer", str(tokenizer)])
    export.main()
    assert (run / "model/config.json").exists()


def test_shares_of_nxd_are_put_together_along_the_right_dimension(tmp_path: Path) -> None:
    whole = {
        "model.embed_tokens.weight": torch.randn(8, 4),
        "model.layers.0.self_attn.q_proj.weight": torch.randn(4, 4),
        "model.layers.0.self_attn.o_proj.weight": torch.randn(4, 4),
        "model.layers.0.mlp.down_proj.weight": torch.randn(4, 6),
        "model.norm.weight": torch.randn(4),
    }
    rows = ("o_proj.weight", "down_proj.weight")
    folder = tmp_path / "nxd/model"
    folder.mkdir(parents=True)
    for rank in range(2):
        share = {
            name: weight
            if weight.dim() == 1
            else weight.chunk(2, dim=1 if name.endswith(rows) else 0)[rank].clone()
            for name, weight in whole.items()
        }
        torch.save(share, folder / f"dp_rank_00_tp_rank_{rank:02d}_pp_rank_00.pt")
    sizes, read = export.read_nxd(tmp_path)
    assert sizes == {name: weight.numel() for name, weight in whole.items()}
    for name, weight in read(list(whole)).items():
        assert torch.equal(weight, whole[name])
