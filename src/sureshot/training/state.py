"""Everything that a training is made of at one moment: what a checkpoint saves and restores."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from sureshot.models import Network
from sureshot.runs import chosen_epoch


@dataclass
class State:
    """A training between two steps. `epoch` epochs are complete, `step` steps of the next one."""

    network: Network
    optimizer: torch.optim.Optimizer
    losses: Tensor  # (steps an epoch,) loss of each step of the running epoch, float32
    hits: Tensor  # (steps an epoch,) how many images of each step were told right, float32
    of: str  # the recipe and the data that this training belongs to, as one hash
    class_weights: Tensor | None = None  # (K,) what an image of each class costs
    epoch: int = 0
    step: int = 0
    seconds: float = 0.0  # spent in the running epoch
    history: list[dict[str, float]] = field(default_factory=list)
    timing: list[dict[str, float]] = field(default_factory=list)

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by name: weights, optimizer moments, the running epoch's sums."""
        named = {f"network.{name}": t for name, t in self.network.state_dict().items()}
        for number, moments in self.optimizer.state_dict()["state"].items():
            named |= {
                f"optimizer.{number}.{name}": t
                for name, t in moments.items()
                if t is not None  # plain SGD keeps no moments
            }
        named |= {"running.losses": self.losses, "running.hits": self.hits}
        return {name: t.detach().cpu().contiguous() for name, t in named.items()}

    @torch.no_grad()
    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `tensors` gave, bit for bit."""
        self.network.load_state_dict(network_weights(tensors))
        parameters = self.network.trained()
        saved = self.optimizer.state_dict()
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, number, moment = name.split(".")
                if tensor.ndim:  # a fused step reads memory in order: moments lie as their weights
                    tensor = torch.empty_like(parameters[int(number)]).copy_(tensor)
                saved["state"].setdefault(int(number), {})[moment] = tensor
        self.optimizer.load_state_dict(saved)
        self.losses.copy_(tensors["running.losses"])
        self.hits.copy_(tensors["running.hits"])

    @property
    def best_epoch(self) -> int:
        """The epoch whose weights are kept; 0 before the first is complete."""
        return chosen_epoch(self.history) if self.history else 0

    def position(self) -> dict[str, object]:
        """Everything that is no tensor, as plain JSON."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "seconds": self.seconds,
            "history": self.history,
            "timing": self.timing,
        }


def network_weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The network's own part of a checkpoint's tensors."""
    head = "network."
    return {name.removeprefix(head): t for name, t in tensors.items() if name.startswith(head)}
