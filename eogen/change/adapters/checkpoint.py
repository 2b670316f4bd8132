"""Tensors out of a file that somebody else wrote: no objects, no code, no guesses."""

from __future__ import annotations

import hashlib
import pickle
import struct
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from eogen.errors import InputError

#: What training code nests a state under.
NESTED = ("teacher", "state_dict", "model_state_dict", "model")
#: What torch's restricted unpickler and safetensors raise on bytes that are not theirs.
_BROKEN = (
    OSError, RuntimeError, EOFError, ValueError, TypeError, AttributeError, LookupError, AssertionError, struct.error,
    OverflowError, MemoryError, safetensors.SafetensorError, pickle.UnpicklingError,
    zipfile.BadZipFile,
)  # fmt: skip


def tensors(path: Path, nested: Sequence[str] = NESTED) -> dict[str, Tensor]:
    """Return the tensors of a ``.safetensors``, ``.pt`` or ``.pth`` file by name.

    Args:
        path: the file. What torch saved is read with ``weights_only=True``, which builds tensors and plain containers.
        nested: names a state may lie under, the first present is taken.

    Raises:
        InputError: ``change_checkpoint_kind`` for another suffix; ``change_checkpoint_objects`` when the file holds
            pickled objects; ``change_checkpoint`` when it is cut short, empty, holds something else than tensors, or
            numbers that are not finite.
    """
    suffix = path.suffix.lower()
    if suffix not in (".safetensors", ".pt", ".pth"):
        raise InputError(
            "change_checkpoint_kind",
            "{path} is not a kind of file that is read here; tensors are read from .safetensors, .pt and .pth. An "
            "exported program (.pt2, TorchScript) can run code when it is opened: save its state as .safetensors.",
            path=str(path),
        )  # fmt: skip
    try:
        read = safetensors.torch.load_file(path) if suffix == ".safetensors" else _saved(path)
    except InputError:
        raise
    except _BROKEN as error:
        raise _damaged(path, str(error).splitlines()[0] if str(error) else "it ends too early") from error
    for name in nested:
        if isinstance(read, dict) and isinstance(read.get(name), dict):
            read = read[name]
            break
    if not isinstance(read, dict) or not read:
        raise _damaged(path, "it holds no named tensors")
    for name, value in read.items():
        if not isinstance(value, Tensor):
            raise _damaged(path, f"'{name}' is not a tensor")
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise _damaged(path, f"the tensor '{name}' holds numbers that are not finite")
    return dict(read)


def fingerprint(path: Path) -> str:
    """Return the first twelve digits of a file's SHA-256: said beside a map that the file made."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:12]


def stamp(path: Path) -> tuple[str, int, int]:
    """Return what tells that a file has been replaced, as a key for caches: path, time (ns), size."""
    about = path.stat()
    return str(path), about.st_mtime_ns, about.st_size


def _saved(path: Path) -> object:
    try:
        with warnings.catch_warnings():  # torch asks its users to report files of another protocol
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not zipfile.is_zipfile(path):  # not an archive of torch at all, whatever its suffix
            raise
        raise InputError(
            "change_checkpoint_objects",
            "{path} holds Python objects besides tensors; opening them could run code, so it is refused. Where you "
            "trust it, save its tensors alone with safetensors.torch.save_file and bring that file.",
            path=str(path),
        ) from error  # fmt: skip


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(
        "change_checkpoint",
        "The checkpoint {path} cannot be used: {reason}. Copy or download it again.",
        path=str(path), reason=reason,
    )  # fmt: skip
