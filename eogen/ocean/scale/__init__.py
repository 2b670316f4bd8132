"""Cubes larger than memory: tiles with halos, on Dask, resumable; ``python -m eogen inpaint``."""
