"""Weights on disk: a safetensors file and, beside it, a card that says where they come from.

``<model>.safetensors`` holds the tensors, ``<model>.json`` the :class:`Card`. The card carries the SHA-256 of the
tensors, so that the two cannot part unnoticed. Nothing here reads a pickle.

A card may ask for float16: then matrices and kernels are rounded on disk and cast up when they are loaded
(:func:`rounded` says which tensors, and when not), and masks (booleans) lie there as bits, eight to a byte, which loses
nothing. Everything is computed in the module's own type either way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from eogen.errors import InputError, Unavailable
from eogen.results import finite

#: Tensors that are kept beside a module's own ones (training fingerprints) have names that start so.
BESIDE = "beside."
#: Booleans that lie on disk as bits, packed along their last axis, have names that start so.
BITS = "bits."
#: How the numbers may lie on disk: as they were trained, or matrices in half the bytes.
FULL, HALF = "float32", "float16"
#: Above it a tensor stays as it is (float16 ends at 65,504).
LARGEST = 6e4
#: A tensor that rounding would move by more than this share of its length stays as it is: half a unit in the last
#: place of float16's normal numbers.
LOSS = 2.0**-11
#: Below half of it float16 rounds to zero; what is not zero is stored as this instead, with its sign.
LEAST = 2.0**-24


@dataclass
class Card:
    """What a reader must know before trusting some weights.

    Attributes:
        model: name in the room's registry.
        room: the room.
        data: one row per training set: ``name``, ``licence``, ``sha256`` (of the sorted hashes of its files), ``n``.
        seed: that rebuilds them.
        code_version: of eogen when they were made.
        torch: version of torch.
        date: ISO day.
        parameters: number of trained numbers.
        cost: ``seconds``, ``threads``, ``epochs``.
        metrics: name -> ``{value, low, high, n, …}``.
        temperature: logits are divided by it before the softmax.
        notes: sentences: choices, variants tried, caveats.
        extra: anything else a room needs.
        sha256: of the safetensors file; filled by :func:`save`.
        stored: ``"float32"``, or ``"float16"`` for matrices rounded to half the bytes (:func:`rounded`). Cards from
            before there was a choice say nothing and mean float32.
        before: SHA-256 of the same weights in float32, where they were rounded; the metrics, and results from before
            the rounding, were measured on those. Filled by :func:`save`.
    """

    model: str
    room: str
    data: list[dict[str, Any]]
    seed: int
    code_version: str
    torch: str
    date: str
    parameters: int
    cost: dict[str, float]
    metrics: dict[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    notes: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    stored: str = FULL
    before: str = ""

    def to_json(self) -> str:
        """Return the card as strict JSON text (NaN, e.g. the recall of a class without samples, is null)."""
        return json.dumps(finite(asdict(self)), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Card:
        """Read a card.

        Raises:
            InputError: ``card_invalid`` naming a field that is missing or unknown, or the place that is not JSON.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(
                "card_invalid", "The model card is not valid: {reason}.", reason=str(error)
            ) from error
        known = {f.name for f in fields(cls)}
        may_lack = {"stored", "before"}
        if not isinstance(values, dict) or (wrong := (set(values) | may_lack) ^ known):
            reason = (
                f"missing or unknown fields {sorted(wrong)}" if isinstance(values, dict) else "not an object"
            )
            raise InputError("card_invalid", "The model card is not valid: {reason}.", reason=reason)
        card = cls(**values)
        if card.stored not in (FULL, HALF):
            raise InputError("card_invalid", "The model card is not valid: {reason}.",
                             reason=f"stored is {card.stored!r}, not {FULL} or {HALF}")  # fmt: skip
        return card


def card_path(path: Path) -> Path:
    """Return where the card of the weights at ``path`` lies."""
    return path.with_suffix(".json")


def count(module: nn.Module) -> int:
    """Return the number of parameters (buffers such as means do not count)."""
    return sum(p.numel() for p in module.parameters())


def save(module: nn.Module, path: Path, card: Card, beside: dict[str, Tensor] | None = None) -> Card:
    """Write the weights and their card, each atomically, and return the card with the hash filled in.

    Args:
        module: whose state (parameters and buffers) is written.
        path: ``….safetensors``.
        card: its ``stored`` says how; its ``sha256`` and ``before`` are replaced.
        beside: further tensors (int or float) to keep in the file, read back by :func:`beside`.
    """
    return _save(module, path, card, beside or {}, "")


def _save(module: nn.Module, path: Path, card: Card, beside: Mapping[str, Tensor], before: str) -> Card:
    """Write as :func:`save` says; ``before`` is of the weights in float32 where the module's were rounded already."""
    tensors = {name: tensor.detach().contiguous().clone() for name, tensor in module.state_dict().items()}
    tensors |= {BESIDE + name: tensor.contiguous() for name, tensor in beside.items()}
    content = safetensors.torch.save(tensors)
    card.before = ""
    if card.stored == HALF:
        card.before = before or hashlib.sha256(content).hexdigest()
        tensors |= {name: rounded(tensors[name]) for name in halved(module)}
        for name in [name for name, tensor in tensors.items() if tensor.dtype == torch.bool and tensor.ndim]:
            tensors[BITS + name] = torch.from_numpy(np.packbits(tensors.pop(name).numpy(), axis=-1))
        content = safetensors.torch.save(tensors)
    card.sha256 = hashlib.sha256(content).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, content)
    _replace(card_path(path), card.to_json().encode())
    return card


def halved(module: nn.Module) -> list[str]:
    """Return the names of what may lie in float16.

    Those are the parameters, without those whose name starts as a module lists in ``EXACT`` (its answers hang on them),
    and the buffers that it lists as ``HALVED``.
    """
    exact = tuple(getattr(module, "EXACT", ()))
    names = [name for name, _ in module.named_parameters() if not name.startswith(exact)]
    return names + list(getattr(module, "HALVED", ()))


def rounded(tensor: Tensor) -> Tensor:
    """Return a parameter as it is stored in float16: rounded, or the very tensor where that would not do.

    Only float32 of two axes or more is rounded: vectors (biases, gains) weigh nothing, and :func:`save` asks for no
    buffer (statistics, knots, masks) but those that a module lists. A tensor stays when it has a number above
    :data:`LARGEST` or none at all (NaN), or a root-mean-square error above :data:`LOSS` of its own length (many
    subnormals). No number becomes zero that was none: it becomes the least one of its sign.
    """
    if tensor.dtype != torch.float32 or tensor.ndim < 2 or not bool((tensor.abs() <= LARGEST).all()):
        return tensor
    half = tensor.half()
    half = torch.where((half == 0) & (tensor != 0), (tensor.sign() * LEAST).half(), half)
    exact = tensor.double()
    return half if float((half.double() - exact).norm()) <= LOSS * float(exact.norm()) else tensor


def halve(module: nn.Module, path: Path) -> Card:
    """Store the weights at ``path`` in float16 from now on, and return their card.

    What is halved already is written anew, as it would be written today; ``before`` stays what it was.

    Args:
        module: what the weights are of; it is filled with them, before the rounding.
        path: ``….safetensors``; the file and its card are replaced.

    Raises:
        InputError, Unavailable: what :func:`load` says.
    """
    card = load(module, path)
    card.stored = HALF
    return _save(module, path, card, beside(path), card.before)


def load(module: nn.Module, path: Path) -> Card:
    """Fill ``module`` with the weights at ``path``, strictly, and return their card.

    Numbers that lie there in float16 are cast up to the module's type.

    Raises:
        Unavailable: ``no_weights`` when the file or its card is not there.
        InputError: ``weights_hash`` when the file is not the one the card describes; ``weights_unreadable`` when it
            is not a safetensors file; ``weights_missing``, ``weights_unexpected``, ``weights_shape`` naming the key.
    """
    card = read_card(path)
    content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != card.sha256:
        raise InputError(
            "weights_hash",
            "{path} is not the file its card describes (SHA-256 {found}, the card says {expected}); fetch or train "
            "it again.",
            path=str(path), found=found[:12], expected=card.sha256[:12],
        )  # fmt: skip
    try:
        tensors = safetensors.torch.load(content)
    except safetensors.SafetensorError as error:
        raise InputError("weights_unreadable", "{path} is not a safetensors file: {reason}.",
                         path=str(path), reason=str(error)) from error  # fmt: skip
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(BESIDE)}
    fill(module, _unpacked(tensors, module.state_dict()), path)
    return card


def _unpacked(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors that were read, bits as booleans again where the module has such a mask."""
    found = {}
    for name, tensor in tensors.items():
        own = name.removeprefix(BITS)
        if own != name and own in wanted and wanted[own].dtype == torch.bool:
            shape = wanted[own].shape
            if tensor.shape == (*shape[:-1], -(-shape[-1] // 8)):
                bits = np.unpackbits(tensor.numpy(), axis=-1, count=shape[-1])
                name, tensor = own, torch.from_numpy(bits.astype(bool))
        found[name] = tensor
    return found


def fill(module: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Fill ``module`` with tensors that were read from ``path``: all of its own, and no others.

    Raises:
        InputError: ``weights_missing``, ``weights_unexpected``, ``weights_shape`` naming the key.
    """
    wanted = module.state_dict()
    for name in wanted:
        if name not in tensors:
            raise InputError("weights_missing", "{path} has no tensor '{key}'.", path=str(path), key=name)
        if tensors[name].shape != wanted[name].shape:
            raise InputError(
                "weights_shape", "In {path} the tensor '{key}' has shape {found}; the model needs {expected}.",
                path=str(path), key=name, found=tuple(tensors[name].shape), expected=tuple(wanted[name].shape),
            )  # fmt: skip
    for name in tensors:
        if name not in wanted:
            raise InputError("weights_unexpected", "{path} has a tensor '{key}' that the model does not know.",
                             path=str(path), key=name)  # fmt: skip
    module.load_state_dict(tensors, strict=True)


def read_card(path: Path) -> Card:
    """Return the card of the weights at ``path`` without reading the weights.

    Raises:
        Unavailable: ``no_weights`` when the weights or the card are not there.
        InputError: ``card_invalid``.
    """
    for needed in (path, card_path(path)):
        if not needed.is_file():
            raise Unavailable("no_weights", "There are no weights at {path}.", path=str(needed))
    return Card.from_json(card_path(path).read_text(encoding="utf-8", errors="replace"))


def beside(path: Path) -> dict[str, Tensor]:
    """Return the tensors kept beside the module's own in the weights at ``path``."""
    with safetensors.safe_open(path, framework="pt") as opened:
        return {k.removeprefix(BESIDE): opened.get_tensor(k) for k in opened.keys() if k.startswith(BESIDE)}  # noqa: SIM118


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
