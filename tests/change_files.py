"""Small images as each producer writes them, and the published sets' folders, made from seeds."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from affine import Affine
from PIL import Image
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile

UTM = CRS.from_epsg(32631)
WGS84 = CRS.from_epsg(4326)
#: Ten-metre pixels near Paris.
PLACE = Affine(10, 0, 450_000, 0, -10, 5_412_000)
SIZE = 24


def noise(seed: int, bands: int = 3, size: int = SIZE, high: int = 250, dtype: str = "uint8") -> np.ndarray:
    """Return (band, y, x) integers from 1 to ``high``."""
    return np.random.default_rng(seed).integers(1, high, (bands, size, size)).astype(dtype)


def tif(
    values: np.ndarray,
    crs: CRS | None = UTM,
    transform: Affine | None = PLACE,
    nodata: float | None = None,
    names: Sequence[str] = (),
    meaning: Sequence[ColorInterp] = (),
    scale: tuple[float, float] = (1.0, 0.0),
) -> bytes:
    """Return (band, y, x) as the bytes of a GeoTIFF."""
    import warnings

    from rasterio.errors import NotGeoreferencedWarning

    count, height, width = values.shape
    place = {"crs": crs, "transform": transform} if crs else {}
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with memory.open(
            driver="GTiff", count=count, height=height, width=width, dtype=values.dtype, nodata=nodata, **place
        ) as file:  # fmt: skip
            if meaning:
                file.colorinterp = tuple(meaning)
            file.write(values)
            file.scales, file.offsets = (scale[0],) * count, (scale[1],) * count
            if names:
                file.descriptions = tuple(names)
        return memory.read()


def picture(values: np.ndarray, kind: str = "PNG", **more: object) -> bytes:
    """Return uint8 (y, x), (1 or 3 or 4, y, x) as the bytes of a PNG, BMP or JPEG."""
    pixels = values if values.ndim == 2 else values[0] if len(values) == 1 else values.transpose(1, 2, 0)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, kind, **more)
    return buffer.getvalue()


def put(path: Path, content: bytes) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def square(low: int = 0, high: int = 255) -> np.ndarray:
    """Return a label (y, x) uint8: a square of ``high`` in ``low``."""
    label = np.full((SIZE, SIZE), low, np.uint8)
    label[4:10, 6:12] = high
    return label


def beside(folder: Path, names: Sequence[str], ids: Sequence[str], suffix: str = ".png") -> None:
    """Write a set in folders beside each other; the third, if any, holds labels."""
    kind = {".png": "PNG", ".bmp": "BMP", ".jpg": "JPEG"}[suffix]
    for number, name in enumerate(names):
        for k, each in enumerate(ids):
            image = square() if number == 2 else noise(10 * k + number)
            put(folder / name / f"{each}{suffix}", picture(image, kind))


def oscd(root: Path, city: str = "atlantis", rect: bool = False, dates: str = "20160101 20170202") -> None:
    """Write one city of OSCD as published: bands of 10, 20 and 60 m, pictures, dates.txt and cm.tif."""
    home = root / "Onera Satellite Change Detection dataset - Images" / city
    coarse = {
        1: ("B02", "B03", "B04", "B08"),
        2: ("B05", "B06", "B07", "B8A", "B11", "B12"),
        6: ("B01", "B09", "B10"),
    }
    for date, day in enumerate(dates.split(), 1):
        for step, bands in coarse.items():
            size = SIZE if rect else SIZE // step
            grid = PLACE @ Affine.scale(1 if rect else step)
            for k, band in enumerate(bands):
                values = noise(100 * date + 10 * step + k, 1, size, 5000, "uint16")
                name = (
                    f"{band}.tif"
                    if rect
                    else f"S2A_OPER_MSI_L1C_TL_MPS__{day}T130757_A007527_T31UDQ_{band}.tif"
                )
                put(
                    home / (f"imgs_{date}_rect" if rect else f"imgs_{date}") / name,
                    tif(values, transform=grid),
                )
        put(home / "pair" / f"img{date}.png", picture(noise(date)))
    put(home / "dates.txt", "".join(f"date_{k}: {d}\n" for k, d in enumerate(dates.split(), 1)).encode())
    labels = root / "Onera Satellite Change Detection dataset - Train Labels" / city / "cm"
    put(labels / f"{city}-cm.tif", tif(square(1, 2)[None], None))
    put(labels / "cm.png", picture(square()))


#: Colours of SECOND's labels: unchanged, water, ground.
WHITE, BLUE, GREY = (255, 255, 255), (0, 0, 255), (128, 128, 128)


def second(root: Path, ids: Sequence[str] = ("00003", "00013")) -> None:
    """Write SECOND: im1, im2 and two coloured labels, white where nothing changed."""
    for k, each in enumerate(ids):
        for date, colour in ((1, BLUE), (2, GREY)):
            put(root / f"im{date}" / f"{each}.png", picture(noise(10 * k + date)))
            label = np.full((SIZE, SIZE, 3), WHITE, np.uint8)
            label[square() > 0] = colour
            put(root / f"label{date}" / f"{each}.png", picture(label.transpose(2, 0, 1)))


def hi_ucd(root: Path, masks: str = "mask", tile: str = "9") -> None:
    """Write Hi-UCD: image/<year>/<tile>, mask/2018_2019/<tile> of three channels; one row is unlabelled."""
    for k, year in enumerate(("2017", "2018", "2019")):
        put(root / "image" / year / tile / "1001_0.png", picture(noise(k)))
    change = square(1, 2)
    change[0] = 0
    put(
        root / masks / "2018_2019" / tile / "1001_0.png",
        picture(np.stack([square(1, 3), square(1, 5), change])),
    )
