"""Canopy: which leaf and canopy a Sentinel-2 spectrum may hide (PROSPECT + 4SAIL, differentiable in torch)."""
