"""Modules that adaptations add to an encoder, and the parameters that they inject into it."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtbert.modeling.adaptations.pal import PAL, PLACES
from mtbert.modeling.packing import TokenBatch


class Adapter(nn.Module):
    """What an adaptation adds to an encoder.

    Attributes:
        injected: Names of the parameters that it put into the encoder: LoRA's A and B.
        task_parts: Each task's own modules, keyed by task; empty where tasks have none.
    """

    def __init__(self, injected: Iterable[str] = ()) -> None:
        super().__init__()
        self.injected = frozenset(injected)
        self.task_parts = nn.ModuleDict()

    def begin(self, batch: TokenBatch) -> None:
        """Prepare for the batch that the encoder is about to read."""

    def end(self) -> None:
        """Forget the batch."""


class TaskResidual(nn.Module):
    """The linear layers of one task's TS(h): V_E, V_D, and each layer's Q, K and V in one."""

    def __init__(self, method: PAL, config: Any) -> None:
        super().__init__()
        attention, layers = method.variant == "attention", config.num_hidden_layers
        # With attention all layers share one V_E and one V_D: their index is modulo their count.
        count = 1 if attention else layers

        def linear(inputs: int, outputs: int, count: int) -> nn.ModuleList:
            return nn.ModuleList(nn.Linear(inputs, outputs, bias=method.bias) for _ in range(count))

        self.down = linear(config.hidden_size, method.size, count)
        self.qkv = linear(method.size, 3 * method.size, layers if attention else 0)
        self.up = linear(method.size, config.hidden_size, count)
        self.activation = nn.GELU() if method.activation == "gelu" else nn.Identity()
        for name, value in self.named_parameters():
            if name.endswith("bias") or (method.zero and name.startswith("up.")):
                nn.init.zeros_(value)
            else:
                nn.init.normal_(value, std=getattr(config, "initializer_range", 0.02))

    def enter(self, layer: int, hidden: Tensor) -> Tensor:
        """V_E and what attention reads: (token, hidden) → (token, 3 · size), or (token, size)."""
        inner: Tensor = self.down[layer % len(self.down)](hidden)
        return self.qkv[layer](inner) if len(self.qkv) else inner

    def leave(self, layer: int, inner: Tensor) -> Tensor:
        """V_D and activation: (token, size) → (token, hidden)."""
        outer: Tensor = self.activation(self.up[layer % len(self.up)](inner))
        return outer


class TokensByTask:
    """Which tokens of a batch belong to which task; padding counts as the first task's."""

    def __init__(self, batch: TokenBatch) -> None:
        """Sort the tokens by their sequence's task."""
        self.tasks = tuple(batch.parts)
        owner = torch.zeros(len(batch.starts) + 1, dtype=torch.long)
        for number, part in enumerate(batch.parts.values()):
            for sequences in filter(None, (part.first, part.second)):
                owner[sequences] = number
        owners = owner.to(batch.sequence.device)[batch.sequence.flatten()]
        self.order = owners.argsort(stable=True)  # (token,): the tokens task by task
        self.place = self.order.argsort()  # (token,): where each token stands in that order
        # The only device synchronization of a batch: `split` needs the sizes on the host.
        self.counts = owners.bincount(minlength=len(self.tasks)).tolist()

    def apply(self, function: Callable[[str, Tensor], Tensor], tokens: Tensor) -> Tensor:
        """Apply each task's function to its tokens: (token, n) → (token, m)."""
        if len(self.tasks) == 1:
            return function(self.tasks[0], tokens)
        parts = torch.split(tokens.index_select(0, self.order), self.counts)
        outputs = [function(task, part) for task, part in zip(self.tasks, parts, strict=True)]
        return torch.cat(outputs).index_select(0, self.place)


class ResidualAdapter(Adapter):
    """Adds each token its task's TS(h) before the LayerNorm that closes a layer.

    The tasks' linear layers run on their own tokens; one attention serves all, since sequences of
    different tasks never see each other.
    """

    _tokens: TokensByTask | None = None
    _mask: Tensor | None = None
    _hidden: Tensor | None = None

    def __init__(self, method: PAL, encoder: Any, tasks: Sequence[str]) -> None:
        """Hook into each layer and the LayerNorm that closes it.

        The hooks are bound methods, which deepcopy binds to the copied adapter.
        """
        super().__init__()
        self.task_parts.update({task: TaskResidual(method, encoder.config) for task in tasks})
        self.heads, self.dropout = method.heads, method.dropout or 0.0
        layers, norm = PLACES[encoder.config.model_type]
        for number, layer in enumerate(encoder.get_submodule(layers)):
            layer.register_forward_pre_hook(self._enter)
            layer.get_submodule(norm).register_forward_pre_hook(partial(self._add, number))

    def begin(self, batch: TokenBatch) -> None:
        """Find each task's tokens, and which tokens see each other."""
        self._tokens = TokensByTask(batch)
        self._mask = batch.visible()

    def end(self) -> None:
        """Forget the batch."""
        self._tokens = self._mask = self._hidden = None

    def _enter(self, layer: nn.Module, args: tuple[Any, ...]) -> None:
        self._hidden = args[0]

    def _add(self, layer: int, norm: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:
        """Add TS(h), (row, token, hidden), to what the LayerNorm reads."""
        hidden, tokens = self._hidden, self._tokens
        if tokens is None or hidden is None:
            raise RuntimeError("call begin(batch) before the encoder: tokens have no task yet")
        parts: Any = self.task_parts
        inner = tokens.apply(lambda task, x: parts[task].enter(layer, x), hidden.flatten(0, 1))
        if self.heads is not None:
            inner = self._attend(inner.view(*hidden.shape[:2], 3, self.heads, -1))
        outer = tokens.apply(lambda task, x: parts[task].leave(layer, x), inner)
        return (args[0] + outer.view_as(hidden),)

    def _attend(self, qkv: Tensor) -> Tensor:
        """Self-attention: (row, token, 3, head, size / head) → (row · token, size)."""
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        seen = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=self._mask, dropout_p=dropout
        )
        return seen.transpose(1, 2).flatten(2).flatten(0, 1)
