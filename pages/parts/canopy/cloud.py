"""The cloud of encoded pixels of the latent panel: several sets in one plane, with what they can be coloured by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st
import torch
import xarray as xr

from eogen.canopy import latent, mapping, models
from eogen.canopy.latent import Encoded
from eogen.canopy.methods import FAMILIES
from eogen.canopy.sensors import BANDS
from eogen.canopy.space import DERIVED, INFERRED, column
from eogen.progress import Progress, silent
from pages.parts.canopy import compute, sets
from pages.parts.canopy.sets import Spectra

#: Spectra of one set that are encoded.
MOST = 1500
#: What points can be coloured by, beside the variables: classes, then numbers.
CLASSES, NUMBERS = ("set", "kind", "month"), ("spread", "residual")
#: Classes named in the legend; the rest are one grey class.
NAMED = 12
KEPT = 24


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _encode(key: tuple[str, str, str], _data: xr.Dataset, _progress: Progress) -> Encoded:
    network, _ = compute.encoder(key[0])
    return latent.encode(network, Spectra("", "", "real", _data).seen, progress=_progress)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _residual(key: tuple[str, str, str], _data: xr.Dataset) -> np.ndarray:
    network, _ = compute.encoder(key[0])
    generator = torch.Generator().manual_seed(0)
    noise = FAMILIES[key[0]].noise
    seen = Spectra("", "", "real", _data).seen
    parts = [seen[start : start + 512] for start in range(0, len(seen), 512)]
    with torch.inference_mode():
        found = [mapping.misfit(network(part), part, generator, noise=noise) for part in parts]
    return torch.cat(found).numpy()


@dataclass(frozen=True)
class Cloud:
    """Encoded pixels of one or several sets.

    Attributes:
        family: whose posteriors they are.
        parts: the sets, thinned.
        encoded: of each.
    """

    family: str
    parts: tuple[Spectra, ...]
    encoded: tuple[Encoded, ...]

    def __len__(self) -> int:
        return sum(map(len, self.encoded))

    @property
    def key(self) -> str:
        """Name of the content: outlines drawn on it mean nothing on another."""
        return "|".join([self.family, models.weights_stamp(self.family), *(part.key for part in self.parts)])

    @cached_property
    def plane(self) -> latent.Plane:
        """The plane of all of them."""
        return latent.plane(np.concatenate([e.mean for e in self.encoded]))

    @cached_property
    def points(self) -> np.ndarray:
        """Coordinates (m, 2) in the plane."""
        return self.plane.project(np.concatenate([e.mean for e in self.encoded]))

    @cached_property
    def theta(self) -> np.ndarray:
        """Posterior means of the variables (m, 11)."""
        return np.concatenate([e.theta for e in self.encoded])

    @cached_property
    def reflectance(self) -> np.ndarray:
        """Spectra (m, 10)."""
        return np.concatenate([p.data.reflectance.reindex(band=list(BANDS)).values for p in self.parts])

    @cached_property
    def set_names(self) -> np.ndarray:
        """Name of each pixel's set (m)."""
        return np.concatenate(
            [np.full(len(e), p.name) for p, e in zip(self.parts, self.encoded, strict=True)]
        )

    def label(self, *names: str) -> np.ndarray:
        """Return the first of these labels that each set has (m), as text; empty where it has none."""
        rows = []
        for part in self.parts:
            name = next((n for n in names if n in part.data.coords or n in part.data), None)
            count = part.data.sizes["pixel"]
            if name is None:
                rows.append(np.full(count, "", object))
            elif name == "cover" and (said := part.data[name].attrs.get("flag_meanings")):
                rows.append(np.array(said.split(), object)[part.data[name].values])
            else:
                rows.append(part.data[name].values.astype(str).astype(object))
        return np.concatenate(rows)

    @property
    def kind(self) -> np.ndarray:
        """What grows there, in the words of the data (m)."""
        return self.label("species", "land_cover", "cover", "phase")

    @property
    def month(self) -> np.ndarray:
        """Month of the image, ``2018-05`` (m); empty where it is not known."""
        found = self.label("s2_date", "time", "field_date")
        return np.array([x[:7] if x[:2] in ("19", "20") else "" for x in found], object)

    def values(self, name: str) -> np.ndarray:
        """Return the numbers (m) of a quantity, of the spread of leaf area, or of the residual."""
        if name == "spread":
            return np.concatenate([e.sd for e in self.encoded])[:, INFERRED.index("lai")]
        if name == "residual":
            stamp = models.weights_stamp(self.family)
            return np.concatenate([_residual((self.family, stamp, p.key), p.data) for p in self.parts])
        return column(torch.from_numpy(self.theta), name).numpy()

    def classes(self, name: str) -> np.ndarray:
        """Return the class (m) of each pixel: set, kind or month."""
        return {"set": lambda: self.set_names, "kind": lambda: self.kind, "month": lambda: self.month}[name]()

    def table(self, chosen: np.ndarray) -> pd.DataFrame:
        """Return one row per chosen pixel: where it comes from, what is believed of it, its spectrum."""
        there = np.flatnonzero(chosen)
        frame = pd.DataFrame(
            {"set": self.set_names[there], "kind": self.kind[there], "month": self.month[there]}
        )
        for name in ("site", "stand", "esu", "row", "column"):
            values = self.label(name)
            if (values[there] != "").any():
                frame[name] = values[there]
        frame["axis_1"], frame["axis_2"] = self.points[there].T
        for name in (*INFERRED, *DERIVED):
            frame[f"{name}_mean"] = self.values(name)[there]
        for i, name in enumerate(INFERRED):
            frame[f"{name}_sd_over_prior"] = np.concatenate([e.sd for e in self.encoded])[there, i]
        for i, band in enumerate(BANDS):
            frame[band] = self.reflectance[there, i]
        return frame


def gather(family: str, spectra: list[Spectra], progress: Progress = silent) -> Cloud:
    """Return the cloud of some sets, each encoded once per family and weights."""
    stamp = models.weights_stamp(family)
    parts = tuple(Spectra(s.name, f"{s.key}-{MOST}", s.origin, sets.thinned(s.data, MOST)) for s in spectra)
    encoded = tuple(_encode((family, stamp, part.key), part.data, progress) for part in parts)
    return Cloud(family, parts, encoded)
