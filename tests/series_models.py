"""Small models of series whose explanations are known: linear, multiplied months, a forest, a little network."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

BANDS = ("B03", "B04", "B08", "B11")


def series(n: int = 5, months: int = 6, seed: int = 0) -> np.ndarray:
    """Draw series (n, month, band) of reflectance."""
    return np.random.default_rng(seed).uniform(0.02, 0.5, (n, months, len(BANDS))).astype(np.float32)


class Linear:
    """Two classes; the "probability" of the second is linear, so that Shapley values are ``w (x - b)``."""

    classes = ("no", "yes")
    bands = BANDS

    def __init__(self, months: int = 6, seed: int = 1) -> None:
        self.months = months
        self.weight = np.random.default_rng(seed).normal(0, 0.1, (months, len(BANDS)))
        self.module = _LinearModule(self.weight)

    def predict_proba(self, given: np.ndarray) -> np.ndarray:
        """Return 0.5 + w x, unseen values saying nothing."""
        yes = 0.5 + (np.nan_to_num(np.asarray(given, np.float64)) * self.weight).sum((1, 2))
        return np.stack([1 - yes, yes], 1)

    def inputs(self, given: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the series, nothing to standardise, and what was seen."""
        given = torch.from_numpy(np.asarray(given, np.float32))
        return given.nan_to_num(), ~given.isnan().any(2)

    def attention(self, given: np.ndarray) -> np.ndarray:
        """Return the same weights for every series."""
        return np.broadcast_to(np.full(self.months, 1 / self.months), (len(given), self.months))

    lengths = np.array([2, 2])

    def places(self, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return two shapelets of two months: one where the first band is highest, one that says nothing."""
        start = np.stack([given[:, :-1, 0].argmax(1), np.zeros(len(given), int)], 1)
        return start, np.zeros(start.shape)

    def evidence(self, given: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return the first band's maximum for "yes", nothing else."""
        return np.stack([given[..., 0].max(1) * (target == 1), np.zeros(len(given))], 1)


class _LinearModule(nn.Module):
    def __init__(self, weight: np.ndarray) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight, dtype=torch.float32))

    def forward(self, x: torch.Tensor, seen: torch.Tensor | None = None) -> torch.Tensor:
        """Return logits (n, 2): minus and plus half of w x."""
        half = (x * self.weight).sum((1, 2)) / 2
        return torch.stack([-half, half], 1)


class Product(Linear):
    """The answer is a product of three months of one band: interactions no linear method sees."""

    def predict_proba(self, given: np.ndarray) -> np.ndarray:
        """Return the product of months 1, 2 and 4 in band 2."""
        yes = np.asarray(given, np.float64)[:, [1, 2, 4], 2].prod(1)
        return np.stack([1 - yes, yes], 1)


class Network:
    """A little convolution over time, trained by nobody; standardised by 0.2 and 0.1."""

    classes = ("a", "b", "c")
    bands = BANDS

    def __init__(self, months: int = 12, seed: int = 0, width: int = 8) -> None:
        self.months = months
        torch.manual_seed(seed)
        self.module = _Convolution(width, len(self.classes)).eval()

    def inputs(self, given: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the standardised series, 0 where nothing was seen, and what was seen."""
        given = torch.from_numpy(np.asarray(given, np.float32))
        return ((given - 0.2) / 0.1).nan_to_num(), ~given.isnan().any(2)

    def predict_proba(self, given: np.ndarray) -> np.ndarray:
        """Return the softmax of the logits."""
        with torch.no_grad():
            return self.module(*self.inputs(given)).softmax(1).numpy()


class _Convolution(nn.Module):
    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(len(BANDS), width, 3, padding=1), nn.Tanh(), nn.Conv1d(width, width, 3, padding=1)
        )
        self.head = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor, seen: torch.Tensor | None = None) -> torch.Tensor:
        """Return logits: a linear layer on the mean over time, so that the class activation map is exact."""
        return self.head(self.features(x.transpose(1, 2)).mean(2))


class Ensemble(Network):
    """Two little convolutions that answer together."""

    def __init__(self, months: int = 12) -> None:
        super().__init__(months)
        self.parts = [Network(months, seed=k) for k in (1, 2)]
        self.module = _Members([part.module for part in self.parts]).eval()


class _Members(nn.Module):
    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: torch.Tensor, seen: torch.Tensor | None = None) -> torch.Tensor:
        """Return the mean of the members' logits."""
        return torch.stack([member(x, seen) for member in self.members]).mean(0)


class Folded(Network):
    """One convolution shared by all bands, which are rows of their own while it runs; a linear layer of the means."""

    def __init__(self, months: int = 12) -> None:
        super().__init__(months)
        torch.manual_seed(5)
        self.module = _Shared().eval()


class _Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Conv1d(1, 3, 3, padding=1)
        self.active = nn.ReLU()
        self.head = nn.Linear(3 * len(BANDS), 3)

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        """Return (n, band * 3, month)."""
        rows = self.active(self.kernel(x.transpose(1, 2).flatten(0, 1)[:, None]))
        return rows.reshape(len(x), -1, x.shape[1])

    def forward(self, x: torch.Tensor, seen: torch.Tensor | None = None) -> torch.Tensor:
        """Return logits."""
        return self.head(self.maps(x).mean(2))


class Forest:
    """A forest of scikit-learn on a rule of one month and band: July (month 6) of B08 above 0.26."""

    classes = ("low", "high")
    bands = BANDS

    def __init__(self, months: int = 12, trees: int = 40, seed: int = 0) -> None:
        from sklearn.ensemble import RandomForestClassifier

        self.months = months
        x = series(300, months, seed)
        self.forest = RandomForestClassifier(trees, max_features=0.5, random_state=seed, n_jobs=1)
        self.forest.fit(x.reshape(len(x), -1), x[:, 6, 2] > 0.26)

    def predict_proba(self, given: np.ndarray) -> np.ndarray:
        """Return the forest's probabilities, unseen values as 0.26."""
        return self.forest.predict_proba(np.nan_to_num(given, nan=0.26).reshape(len(given), -1))
