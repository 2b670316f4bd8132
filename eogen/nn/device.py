"""Where tensors live."""

from __future__ import annotations

import torch

from eogen.errors import InputError, Unavailable


def choose(name: str = "auto") -> torch.device:
    """Return the device called ``name``: ``auto`` (an accelerator if there is one), ``cpu``, ``cuda``, ``mps``.

    Raises:
        InputError: ``device_name`` for any other name.
        Unavailable: ``no_device`` when the device asked for is not on this machine.
    """
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, here in present.items() if here))
    if name not in present:
        raise InputError(
            "device_name",
            "'{name}' is not a device; use one of {known}.",
            name=name,
            known=", ".join(("auto", *present)),
        )
    if not present[name]:
        raise Unavailable("no_device", "There is no {name} device on this machine; use cpu.", name=name)
    return torch.device(name)
