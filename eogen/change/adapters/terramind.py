"""Pointwise mutual information between two dates in the token space of TerraMind (Jakubik et al., ICCV 2025).

A tokenizer (finite scalar quantisation, 16-pixel patches) writes the second date as tokens t; a transformer gives the
probability of each token with the pixels of the first date, and without any. The score of a 16-pixel cell is

    CE(t | first date) - CE(t) = -log p(t | first) + log p(t),

averaged over grids shifted by 4 pixels and over both directions in time. The network was trained on modalities of one
date, so the season is part of what it calls change: calibrate on history.

The library (terratorch) is optional and is used through :class:`Registry` only. Two traps of its own loading are
avoided: given a local checkpoint it does not map the key prefix and leaves blocks random; and its tokenizers are only
read when it may download. Here the transformer and each tokenizer are filled from local files, every tensor of each or
an error that names the key, and the network is never asked.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eogen.change.adapters.checkpoint import fingerprint, stamp, tensors
from eogen.change.adapters.folder import require
from eogen.change.adapters.tiles import dense
from eogen.change.problem import Answer, Problem, symmetric
from eogen.change.sensors import SENSORS
from eogen.errors import InputError
from eogen.nn import weights
from eogen.progress import Progress, silent

WINDOW, PATCH, STEP = 224, 16, 4
PREFIX = "sampler.model."
#: Sentinel-2 bands in the order of each modality. There is no tokenizer of colour pictures, hence no RGB.
L2A = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
L1C = (*L2A[:10], "B10", *L2A[10:])
#: Key of a tokenizer in the library -> (its name in the registry, its file).
TOKENIZERS = {"tok_sen2l2a@224": ("terramind_v1_tokenizer_s2l2a", "TerraMind_Tokenizer_S2L2A.pt")}


class Registry(Protocol):
    """What is used of terratorch: ``FULL_MODEL_REGISTRY``."""

    def build(self, name: str, **settings: object) -> nn.Module:
        """Return a model."""


@dataclass(frozen=True)
class Model:
    """A TerraMind whose every tensor came from a file.

    Attributes:
        network: the library's generation model (``sampler.model`` predicts tokens, ``tokenizer`` writes them).
        source: key of the modality that is given.
        target: key of the tokens that are predicted.
        modality: ``S2L2A`` or ``S2L1C``.
    """

    network: nn.Module
    source: str
    target: str
    modality: str

    @property
    def bands(self) -> tuple[str, ...]:
        """Return the bands it is given."""
        return L1C if self.modality == "S2L1C" else L2A

    def standardised(self, image: np.ndarray) -> np.ndarray:
        """Return (band, y, x) in the units the network was trained with (the library's own statistics)."""
        mean, deviation = (
            torch.as_tensor(table[self.source]).float().reshape(-1, 1, 1).numpy()
            for table in (self.network.pretraining_mean, self.network.pretraining_std)
        )
        return ((image - mean) / deviation).astype(np.float32)

    def tokens(self, image: Tensor) -> Tensor:
        """Return the tokens (n, rows, columns) of standardised images (n, band, y, x).

        The tokenizer knows surface reflectance without B10; a top-of-atmosphere image is given to it without that
        band, each other band standardised by its own statistics.
        """
        keep = [self.bands.index(band) for band in L2A]
        return self.network.tokenizer[self.target].encode(image[:, keep])[2].long()

    def surprise(self, tokens: Tensor, given: Tensor, blind: bool) -> Tensor:
        """Return -log p of each token (n, rows, columns), of pixels ``given`` or, ``blind``, of nothing."""
        n, rows, columns = tokens.shape
        nothing = torch.ones(n, rows * columns, dtype=torch.bool)
        # The library lets token i see those before the running sum of this mask: all see all.
        attention = torch.zeros(n, rows * columns, dtype=torch.long)
        attention[:, 0] = rows * columns
        asked = {
            self.source: {
                "tensor": given, "input_mask": nothing if blind else ~nothing, "target_mask": nothing,
            },
            self.target: {
                "tensor": torch.zeros_like(tokens).flatten(1), "input_mask": nothing, "target_mask": ~nothing,
                "decoder_attention_mask": attention,
            },
        }  # fmt: skip
        count = rows * columns
        said = self.network.sampler.model(
            asked, num_encoder_tokens=count, num_decoder_tokens=count, return_logits=True
        )
        logits = said[self.target].reshape(n, count, -1)
        return F.cross_entropy(logits.transpose(1, 2), tokens.flatten(1), reduction="none").view_as(tokens)


def pmi(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return minus the pointwise mutual information in token space, per pixel, averaged over both directions.

    Raises:
        Unavailable: ``change_model_absent``, ``change_package_absent``.
        InputError: ``change_terramind_bands``, ``change_terramind_tokenizer`` and those of :func:`load`.
    """
    checkpoint, tokenizer = require("terramind")
    model = _load(stamp(checkpoint), stamp(tokenizer), modality(question))
    names = _bands(question)
    picks = [names.index(band) for band in model.bands]
    facts = {"weights": checkpoint.name, "sha256": fingerprint(checkpoint), "modality": model.modality}

    def forwards(asked: Problem) -> Answer:
        one, two = (model.standardised(image[picks]) for image in asked.raw)

        def cells(before: np.ndarray, after: np.ndarray) -> np.ndarray:
            with torch.inference_mode():
                given, tokens = torch.from_numpy(before[None]), model.tokens(torch.from_numpy(after[None]))
                told, blind = (model.surprise(tokens, given, how) for how in (False, True))
                return (told - blind)[0].numpy()

        return Answer(dense(one, two, cells, window=WINDOW, patch=PATCH, step=STEP, overlap=4 * PATCH,
                            progress=progress))  # fmt: skip

    answer = symmetric(forwards, question)
    return Answer(answer.nll, answer.parts, facts)


def modality(question: Problem) -> str:
    """Return ``S2L1C`` for the 13 bands of Sentinel-2, ``S2L2A`` for the 12 without B10.

    Raises:
        InputError: ``change_terramind_bands``.
    """
    names = _bands(question)
    if lacking := [band for band in L2A if band not in names]:
        raise InputError(
            "change_terramind_bands",
            "TerraMind writes Sentinel-2 images as tokens from their 12 bands (B01 to B12 without B10); the images "
            "lack {lacking}. It has no tokens for colour pictures: choose another estimator.",
            lacking=", ".join(lacking),
        )  # fmt: skip
    return "S2L1C" if "B10" in names else "S2L2A"


def _bands(question: Problem) -> list[str]:
    """Return Sentinel-2's name of each band, also where it is given by its common name."""
    named = {common: band for band, common in SENSORS["sentinel2"].items()}
    return [named.get(band, band) for band in question.bands]


def load(registry: Registry, checkpoint: Path, folder: Path, modality: str) -> Model:
    """Build a TerraMind and fill all of it from local files.

    Args:
        registry: the library's.
        checkpoint: ``TerraMind_v1_<size>.pt``, its keys with or without the library's prefix.
        folder: of the tokenizers.
        modality: ``S2L2A`` or ``S2L1C``.

    Raises:
        InputError: ``weights_missing``, ``weights_unexpected``, ``weights_shape`` naming the key;
            ``change_terramind_tokenizer`` for a tokenizer whose file is absent or not known; those of
            :func:`eogen.change.adapters.checkpoint.tensors`.
    """
    size = checkpoint.stem.rpartition("_")[2]
    with offline():
        network = registry.build(
            f"terramind_v1_{size}_generate",
            pretrained=False,
            modalities=[modality],
            output_modalities=["S2L2A"],
        )
        for key in list(network.tokenizer):
            name, file = TOKENIZERS.get(key, ("", ""))
            if not name or not (folder / file).is_file():
                raise InputError(
                    "change_terramind_tokenizer",
                    "The tokenizer {key} needs a file {file} in {folder}; it is not there.",
                    key=key, file=file or f"for {key}", folder=str(folder),
                )  # fmt: skip
            tokenizer = registry.build(name, pretrained=False)
            weights.fill(tokenizer, tensors(folder / file), folder / file)
            network.tokenizer[key] = tokenizer
    core = network.sampler.model
    own = set(core.state_dict())
    read = {name.removeprefix(PREFIX): value for name, value in tensors(checkpoint).items()}
    # The file serves every modality; of those that were not built, the embeddings are not needed.
    kept = {name: value for name, value in read.items() if name in own or not _other_modality(name, own)}
    weights.fill(core, kept, checkpoint)
    for name in network.state_dict():
        if not name.startswith((PREFIX, "tokenizer.")):
            raise InputError(
                "weights_missing", "{path} has no tensor '{key}'.", path=str(checkpoint), key=name
            )
    return Model(
        network.eval().requires_grad_(False),
        network.mod_name_mapping[modality],
        network.output_modalities[0],
        modality,
    )


def _other_modality(name: str, own: set[str]) -> bool:
    """Return whether a key is of the embedding of a modality that was not built."""
    group, _, rest = name.partition(".")
    prefix = f"{group}.{rest.partition('.')[0]}."
    return group in ("encoder_embeddings", "decoder_embeddings") and not any(
        key.startswith(prefix) for key in own
    )


@contextmanager
def offline() -> Iterator[None]:
    """Forbid the library to reach its hub meanwhile, whether or not the hub's client is already imported."""
    before = os.environ.get("HF_HUB_OFFLINE")
    constants = sys.modules.get("huggingface_hub.constants")
    was = getattr(constants, "HF_HUB_OFFLINE", None)
    os.environ["HF_HUB_OFFLINE"] = "1"
    if constants is not None:
        constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        if before is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before
        if constants is not None:
            constants.HF_HUB_OFFLINE = was


def _registry() -> Registry:
    with offline():
        from terratorch.registry import FULL_MODEL_REGISTRY
    return FULL_MODEL_REGISTRY


@lru_cache(maxsize=1)
def _load(checkpoint: tuple[str, int, int], tokenizer: tuple[str, int, int], modality: str) -> Model:
    return load(_registry(), Path(checkpoint[0]), Path(tokenizer[0]).parent, modality)
