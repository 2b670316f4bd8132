"""``python -m eogen``: see :mod:`eogen.cli`."""

from __future__ import annotations

from eogen.cli import main

main()
