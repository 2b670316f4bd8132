"""Functions that are imported when they are called: a list of what can be judged must not load every network."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def later(where: str) -> Callable[..., Any]:
    """Return a function that imports ``module:function`` (dotted from the root) when it is first called."""
    module, _, name = where.partition(":")

    def call(*args: Any, **options: Any) -> Any:
        return getattr(import_module(module), name)(*args, **options)

    return call
