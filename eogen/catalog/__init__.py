"""Data sets: what they are and under what licence, where they lie (``paths``), how they come (``fetch``)."""

from __future__ import annotations

from eogen.catalog.entries import DataSet, Presence, RemoteFile, catalog, entry
from eogen.catalog.paths import data_roots, locate, room_folder, write_root

__all__ = [
    "DataSet",
    "Presence",
    "RemoteFile",
    "catalog",
    "data_roots",
    "entry",
    "locate",
    "room_folder",
    "write_root",
]
