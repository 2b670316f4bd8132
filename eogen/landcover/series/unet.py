"""Segmentation of image series: every pixel's months are embedded, then a small U-Net reads them with their neighbours.

The U-Net is the house one (:mod:`eogen.nn.unet`, Ronneberger et al. 2015); months enter as channels, so the network
knows each by its place. Stoian et al. 2019 (Remote Sensing 11:1986) segment Sentinel-2 series so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn import functional

from eogen.errors import InputError
from eogen.landcover.series.gaps import bridge
from eogen.landcover.series.network import scale
from eogen.landcover.series.segment import mapped
from eogen.nn.fit import Settings, fit
from eogen.nn.unet import UNet
from eogen.progress import Progress, silent

SETTINGS = Settings(epochs=30, learning_rate=4e-3, weight_decay=0.02, ema=0.98)
#: Side of the crops it is fitted on, pixels, crops of a step, and steps of an epoch.
SIDE, CROPS, STEPS = 48, 4, 12


class SeriesUNet(nn.Module):
    """A pixel's months and bands to ``width`` features by two 1 x 1 convolutions, then a U-Net.

    Args:
        months, bands, classes: how many.
        width: features of a pixel.
        widths: channels of the U-Net at each scale.
    """

    def __init__(
        self, months: int, bands: int, classes: int, width: int = 32, widths: tuple[int, ...] = (24, 32, 48)
    ) -> None:
        super().__init__()
        self.pixel = nn.Sequential(
            nn.Conv2d(months * (bands + 1), width, 1), nn.SiLU(), nn.Conv2d(width, width, 1), nn.SiLU()
        )
        self.net = UNet(width, classes, widths, local=True)

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return (n, class, y, x) logits of standardised, filled images (n, month, band, y, x)."""
        seen = torch.ones_like(x[:, :, 0]) if seen is None else seen.to(x.dtype)
        return self.net(self.pixel(torch.cat([x.flatten(1, 2), seen], 1)))


class Segmenter:
    """A fitted segmentation.

    Attributes:
        module: :class:`SeriesUNet` in eval mode.
        mean, std: (band,) reflectances: ``standardised = (reflectance - mean) / std``.
        classes, bands, months: names, names and number.
    """

    def __init__(
        self, module: SeriesUNet, mean: np.ndarray, std: np.ndarray, classes: tuple[str, ...],
        bands: tuple[str, ...], months: int,
    ) -> None:  # fmt: skip
        self.module, self.mean, self.std = module.eval(), mean, std
        self.classes, self.bands, self.months = classes, bands, months

    def inputs(self, image: xr.Dataset) -> tuple[Tensor, Tensor]:
        """Return standardised, filled images (1, month, band, y, x) and ``seen`` (1, month, y, x) of a cube.

        Raises:
            InputError: ``series_model_bands`` when a band is missing; ``series_model_shape`` when the number of dates
                is not that of the months it was fitted on.
        """
        values, clear = _read(image, self.bands)
        if len(values) != self.months:
            raise InputError(
                "series_model_shape",
                "The series have the shape {found}; this model was fitted on {months} months and {bands} bands.",
                found=str(values.shape), months=self.months, bands=len(self.bands),
            )  # fmt: skip
        return _standardise(values, clear, self.mean, self.std)

    @torch.no_grad()
    def predict_proba(self, image: xr.Dataset) -> np.ndarray:
        """Return (class, y, x) float32 probabilities of a cube whose dates are the months of the fit.

        Raises:
            InputError: as :meth:`inputs`.
        """
        return self.module(*self.inputs(image))[0].softmax(0).numpy()

    def predict(self, image: xr.Dataset) -> xr.Dataset:
        """Return ``label`` (y, x) int16 and ``confidence`` (y, x) of a cube, with its coordinates and CRS.

        Pixels without a single clear month get -1 and a confidence of NaN.

        Raises:
            InputError: as :meth:`inputs`.
        """
        probability = self.predict_proba(image)
        blind = ~image["clear"].values.any(0)
        label = np.where(blind, -1, probability.argmax(0)).astype(np.int16)
        confidence = np.where(blind, np.nan, probability.max(0)).astype(np.float32)
        return mapped(image, self.classes, label, confidence)


def fit_unet(
    images: Sequence[xr.Dataset], classes: tuple[str, ...], bands: tuple[str, ...], *,
    settings: Settings = SETTINGS, seed: int = 0, progress: Progress = silent,
) -> Segmenter:  # fmt: skip
    """Fit a segmentation of image series.

    Args:
        images: cubes (:mod:`eogen.landcover.series.cube`) with ``label`` into ``classes`` (-1 unknown), all with the
            same number of dates, which stand for the same months.
        classes, bands: names; bands a cube has beside are not read.
        settings: of the fit; its seed is replaced.
        seed: rebuilds the same bits (same machine, same threads).
        progress: told of every step.

    Raises:
        InputError: ``series_model_bands``; ``series_model_shape`` when the cubes differ in dates;
            ``series_few_labels`` when no pixel has a label.
    """
    read = [_read(image, bands) for image in images]
    label = [torch.from_numpy(image["label"].values.astype(np.int64)) for image in images]
    if (count := sum(int((one >= 0).sum()) for one in label)) < 2:
        raise InputError(
            "series_few_labels", "{count} series have a known class; a model needs at least two.", count=count
        )
    months = len(read[0][0])
    for values, _ in read:
        if len(values) != months:
            raise InputError(
                "series_model_shape",
                "The series have the shape {found}; this model was fitted on {months} months and {bands} bands.",
                found=str(values.shape), months=months, bands=len(bands),
            )  # fmt: skip
    mean, std = scale(np.concatenate([_thinned(v, c) for v, c in read])[:, None])
    inputs = [_standardise(v, c, mean, std) for v, c in read]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = SeriesUNet(months, len(bands), len(classes))
    settings = replace(settings, seed=seed)

    def batches(generator: torch.Generator) -> Iterable[tuple[Tensor, Tensor, Tensor]]:
        for _ in range(STEPS):
            yield _crops(inputs, label, generator)

    def loss(net: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        # A crop without a label would divide by nothing.
        known = (batch[2] >= 0).sum().clamp(min=1)
        logits = net(batch[0], batch[1])
        return functional.cross_entropy(logits, batch[2], ignore_index=-1, reduction="sum") / known

    fit(module, batches, STEPS, loss, settings, progress=progress)
    return Segmenter(module, mean, std, tuple(classes), tuple(bands), months)


def _read(image: xr.Dataset, bands: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return reflectance (month, band, y, x) and clear (month, y, x) of a cube."""
    if missing := [b for b in bands if b not in image["band"].values]:
        raise InputError("series_model_bands", "The series lack the band {given} that this model reads.",
                         given=missing[0])  # fmt: skip
    values = image["reflectance"].sel(band=list(bands)).transpose("time", "band", "y", "x").values
    return values, image["clear"].values & np.isfinite(values).all(1)


def _thinned(values: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Return clear pixels (n, band) of a cube, at most about 50,000."""
    flat = values.transpose(0, 2, 3, 1)[clear]
    return flat[:: max(1, len(flat) // 50_000)]


def _standardise(
    values: np.ndarray, clear: np.ndarray, mean: np.ndarray, std: np.ndarray
) -> tuple[Tensor, Tensor]:
    """Return filled, standardised images (1, month, band, y, x) and ``seen`` (1, month, y, x)."""
    scaled = (np.asarray(values, np.float32) - mean[:, None, None]) / std[:, None, None]
    seen = torch.from_numpy(clear)[None]
    x = torch.from_numpy(np.nan_to_num(scaled).transpose(0, 2, 3, 1))[None]
    return (bridge(x, seen) if not clear.all() else x).permute(0, 1, 4, 2, 3).contiguous(), seen


def _crops(
    inputs: Sequence[tuple[Tensor, Tensor]], label: Sequence[Tensor], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Return crops, their ``seen`` and labels, turned and mirrored, with a month hidden now and then."""
    side = min(SIDE, *(min(one.shape) for one in label))
    parts = []
    for _ in range(CROPS):
        which = int(torch.randint(len(label), (1,), generator=generator))
        high, wide = label[which].shape
        top = int(torch.randint(high - side + 1, (1,), generator=generator))
        left = int(torch.randint(wide - side + 1, (1,), generator=generator))
        turns = int(torch.randint(4, (1,), generator=generator))
        mirror = bool(torch.rand(1, generator=generator) < 0.5)
        piece = [
            whole[..., top : top + side, left : left + side]
            for whole in (inputs[which][0][0], inputs[which][1][0])
        ] + [label[which][top : top + side, left : left + side]]
        piece = [torch.rot90(one.flip(-1) if mirror else one, turns, (-2, -1)) for one in piece]
        parts.append(piece)
    x, seen, truth = (torch.stack(column) for column in zip(*parts, strict=True))
    months = x.shape[1]
    hidden = torch.rand((len(x), months), generator=generator) < 0.1
    kept = seen & ~hidden[:, :, None, None]
    kept = torch.where(kept.any(1, keepdim=True), kept, seen)
    x = bridge(x.permute(0, 1, 3, 4, 2), kept).permute(0, 1, 4, 2, 3)
    return x + 0.05 * torch.randn(x.shape, generator=generator), kept, truth
