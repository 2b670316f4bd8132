"""What the page's menu and the evaluation offer from a folder: every product there, known or not, unread."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.catalog.entries import entry
from eogen.ocean import read_open
from eogen.ocean.cube import composite
from eogen.ocean.read_axes import find_axis
from eogen.ocean.read_nep import nep
from eogen.ocean.read_product import read

#: File name -> catalogue entry, variable; the first that fits. Files that fit none are offered under their own name.
_KNOWN = (
    (r"nep_\d{4}_daily_\w+", "nep_daily", "log10_chl"),
    (r"occci_\w+", "occci_oahu", "log10_chl"),
    (r"dineof_alboran_sst\w*", "dineof_alboran", "sst"),
    (r"h8_sst_\w+", "h8_coralsea", "sst"),
    (r"xcube_olci_\w+", "xcube_olci", "log10_chl"),
    (r"cmems_globcolour_l4_\w+", "globcolour_l4_seine", "log10_chl"),
    (r"socal_mur_sst_\w+", "socal_coastwatch", "sst"),
    (r"socal_\w+", "socal_coastwatch", "log10_chl"),
    (r"modis_aqua_monthly_\w+", "modis_california", "log10_chl"),
    (r"globcolour_\w+_8day_\w+", "globcolour_labrador", "log10_chl"),
    (r"nwa_modis_\d{8}_l3b\w*", "nwa_modis_l3b", "log10_chl"),
)
#: References and regional means: read elsewhere, no maps to fill.
_NO_MAPS = r"dineof_alboran_reference_.*|pft_.*"
_STEPS = (
    (r"_monthly(_|$)", "monthly"),
    (r"_8day(_|$)", "8day"),
    (r"_3day(_|$)", "3day"),
    (r"_1?da(y|ily)(_|$)", "daily"),
)
_SENSORS = {
    "modis": "MODIS",
    "viirs": "VIIRS",
    "seawifs": "SeaWiFS",
    "olci": "OLCI",
    "meris": "MERIS",
    "mur": "MUR",
}
_FOLDERS = (".zarr",)


@dataclass(frozen=True)
class Source:
    """A sea that can be looked at.

    Attributes:
        key: stable, fit for an address: lower-case letters, digits, ``_`` and ``-``.
        title: in ``"en"`` and ``"fr"``.
        dataset: name of its catalogue entry; "" for a file of no known pattern.
        variable: key of ``VARIABLES``; "" where only reading tells.
        step: ``"daily"``, ``"3day"``, ``"8day"``, ``"monthly"``, ``"single"`` (one image), "" where only reading tells.
        path: the file or Zarr folder.
        load: reads it; a cube.
    """

    key: str
    title: Mapping[str, str]
    dataset: str
    variable: str
    step: str
    path: Path
    load: Callable[[], xr.DataArray]

    @property
    def shape_hint(self) -> tuple[int, int, int]:
        """Return (time, lat, lon) of the file from its header; of the daily cube for a composite of it.

        Raises:
            InputError: those of opening a file.
        """
        with read_open.open_dataset(self.path) as dataset:
            names = [find_axis(dataset, axis) for axis in ("time", "lat", "lon")]
            return tuple(dataset[name].size if name else 1 for name in names)


def sources(folder: Path | None) -> tuple[Source, ...]:
    """Return what lies in the room's folder, best series first: reads names, no file.

    Args:
        folder: the room's data folder; None or an absent one gives nothing.
    """
    if folder is None or not folder.is_dir():
        return ()
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in (".nc", ".nc4", *_FOLDERS)]
    found: list[tuple[int, Source]] = []
    for path in paths:
        if re.fullmatch(_NO_MAPS, path.stem):
            continue
        rank, (dataset, variable) = next(
            ((k, (d, v)) for k, (pattern, d, v) in enumerate(_KNOWN) if re.fullmatch(pattern, path.stem)),
            (len(_KNOWN), ("", "")),
        )
        found += [(rank, source) for source in _of(path, dataset, variable)]
    # The latest year of a kind first, its composite before its days.
    found.sort(key=lambda pair: (pair[0], tuple(-ord(c) for c in pair[1].path.stem), pair[1].step))
    return tuple(source for _, source in found)


def _of(path: Path, dataset: str, variable: str) -> list[Source]:
    stem, key = path.stem, re.sub(r"[^a-z0-9_-]+", "_", path.stem.lower())
    licence = {"dataset": dataset, "licence": entry(dataset).licence} if dataset else {}
    if dataset == "nep_daily":
        daily = partial(nep, path)
        base = key.replace("_daily_", "_")
        return [
            Source(
                f"{base}_8day",
                _title(stem, dataset),
                dataset,
                variable,
                "8day",
                path,
                partial(_composite, daily),
            ),
            Source(f"{base}_daily", _title(stem, dataset), dataset, variable, "daily", path, daily),
        ]
    step = next((name for pattern, name in _STEPS if re.search(pattern, stem)), "")
    load: Callable[[], xr.DataArray] = partial(read, path, **licence)
    if dataset == "socal_coastwatch":
        step, load = "single", partial(_beside, path, licence)
    elif dataset in ("globcolour_labrador", "nwa_modis_l3b"):
        step = "single"
    elif dataset in ("dineof_alboran", "h8_coralsea", "xcube_olci"):
        step = "daily"
    return [Source(key, _title(stem, dataset), dataset, variable, step, path, load)]


def _composite(daily: Callable[[], xr.DataArray]) -> xr.DataArray:
    return composite(daily(), 8)


def _beside(path: Path, about: dict[str, str]) -> xr.DataArray:
    """Return one image whose sea is where it, or an image of the same sensor and grid beside it, ever saw anything."""
    own = read(path, **about)
    if own.attrs["sea_mask"] != "ever_seen":
        return own
    sea = own.sea.values.copy()
    family = "_".join(path.stem.split("_")[:2])
    for other in sorted(path.parent.glob(f"{family}_*.nc")):
        if other != path:
            held = read(other)
            if held.name == own.name and all(np.array_equal(held[a], own[a]) for a in ("lat", "lon")):
                sea |= held.sea.values
    return read(path, sea=sea, **about).assign_attrs(sea_mask="ever_seen")


def _title(stem: str, dataset: str) -> dict[str, str]:
    if not dataset:
        return {"en": stem, "fr": stem}
    sensors = " + ".join(name for key, name in _SENSORS.items() if key in stem.lower().split("_"))
    if mark := re.search(r"(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)", stem):
        when = "-".join(mark.groups())
    else:
        when = "–".join(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", stem))
    span = (re.findall(r"_(\d)day_", stem) or [""])[0]
    detail = {
        "en": [sensors, f"{span} day{'s' * (span != '1')}" if span else "", when],
        "fr": [sensors, f"{span} jour{'s' * (span != '1')}" if span else "", when],
    }
    titles = entry(dataset).title
    return {
        lang: titles[lang] + (f" ({', '.join(filter(None, parts))})" if any(parts) else "")
        for lang, parts in detail.items()
    }
