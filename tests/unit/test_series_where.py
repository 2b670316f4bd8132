"""Which months and places a segmentation's answer came from; scores of maps."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr
from sklearn.metrics import accuracy_score, jaccard_score

from eogen.errors import InputError
from eogen.landcover.series import where
from eogen.landcover.series.cube import cube
from eogen.landcover.series.map_scores import score_map
from eogen.landcover.series.unet import Segmenter, SeriesUNet

BANDS, CLASSES, MONTHS = ("B04", "B08"), ("bare", "crop", "wood"), 4


def scene(side: int = 24, seed: int = 0) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.05, 0.4, (MONTHS, 2, side, side)).astype(np.float32)
    clear = np.ones((MONTHS, side, side), bool)
    clear[1] = False
    values[1] = np.nan
    time = np.array(["2023-01", "2023-04", "2023-06", "2023-09"], "datetime64[M]")
    return cube(values, clear, time, BANDS, np.arange(side) * -10.0, np.arange(side) * 10.0, crs=32631)


class Linear(torch.nn.Module):
    """Logits that are linear in what a pixel and its right neighbour show."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.pixel = torch.nn.Sequential(torch.nn.Conv2d(MONTHS * 3, 5, 1))
        self.last = torch.nn.Conv2d(5, 3, 1)
        self.net = SimpleNamespace(reach=1, step=1)

    def forward(self, x, seen):
        made = self.pixel(torch.cat([x.flatten(1, 2), seen.to(x.dtype)], 1))
        return self.last(made + torch.nn.functional.pad(made, (0, 1))[..., 1:])


def linear() -> Segmenter:
    return Segmenter(
        Linear(), np.full(2, 0.2, np.float32), np.full(2, 0.1, np.float32), CLASSES, BANDS, MONTHS
    )


def network() -> Segmenter:
    torch.manual_seed(2)
    module = SeriesUNet(MONTHS, 2, 3, 6, (4, 6))
    for part in module.parameters():
        torch.nn.init.normal_(part, 0.0, 0.4)
    return Segmenter(module, np.full(2, 0.2, np.float32), np.full(2, 0.1, np.float32), CLASSES, BANDS, MONTHS)


def test_the_field_of_view_gives_the_answer_of_the_whole():
    model, image = network(), scene(61)
    whole = model.predict_proba(image)
    for at in ((0, 0), (30, 31), (60, 60), (7, 50)):
        part = where.view(model, image, at)[0]
        np.testing.assert_allclose(where.probability(model, image, at), whole[:, at[0], at[1]], atol=1e-5)
    assert part.sizes["x"] < 61
    with pytest.raises(InputError) as raised:
        where.view(model, image, (61, 0))
    assert raised.value.code == "series_no_pixel"


def test_hiding_a_month_is_asking_an_image_without_it():
    model, image = network(), scene()
    background = where.usual(image, BANDS)
    assert np.isnan(background[1]).all()
    np.testing.assert_allclose(background[0], image["reflectance"].values[0].mean((1, 2)), rtol=1e-5)
    lost = where.month_occlusion(model, image, (9, 9), 1, background=background)
    other = image.copy(deep=True)
    other["reflectance"].values[2] = background[2][:, None, None]
    wanted = model.predict_proba(image)[1, 9, 9] - model.predict_proba(other)[1, 9, 9]
    assert lost[2] == pytest.approx(wanted, abs=1e-5)
    logit = where.month_occlusion(model, image, (9, 9), 1, background=background, unit="logit")
    before, after = (np.log(model.predict_proba(one)[:, 9, 9]) @ [-0.5, 1, -0.5] for one in (image, other))
    assert logit[2] == pytest.approx(before - after, abs=1e-4)
    assert lost[1] == pytest.approx(0, abs=1e-6), "a month nobody saw says nothing"


def test_pixel_and_neighbours_are_told_apart():
    model, image = linear(), scene()
    background = where.usual(image, BANDS)
    image["reflectance"].values[0, :, :, 10:] = background[0][:, None, None]
    lost = {
        whose: where.month_occlusion(model, image, (5, 9), 2, background=background, whose=whose)
        for whose in ("all", "pixel", "around")
    }
    assert lost["around"][0] == pytest.approx(0, abs=1e-7)
    assert lost["pixel"][0] == pytest.approx(lost["all"][0], abs=1e-7)
    assert abs(lost["all"][0]) > 1e-4


def test_windows_grow_to_the_whole_answer():
    model, image = linear(), scene()
    background = where.usual(image, BANDS)
    found = where.windows(model, image, (5, 9), 2, background=background)
    assert found["side"].values.tolist() == [1, 3]
    assert float(found[-1]) == pytest.approx(model.predict_proba(image)[2, 5, 9], abs=1e-6)
    assert float(found[0]) != pytest.approx(float(found[-1]), abs=1e-4)
    wide = where.windows(network(), image, (5, 9), 2, background=background, sides=(1, 9, 99))
    assert len(wide) == 3, "a window larger than the field of view is the whole"


def test_grad_cam_of_a_linear_network_adds_up():
    model, image, at = linear(), scene(), (5, 9)
    background = where.usual(image, BANDS)
    cam = where.grad_cam(model, image, at, 1, background=background)
    assert cam.shape == (MONTHS, 24, 24)
    blank = image.copy(deep=True)
    for month in (0, 2, 3):
        blank["reflectance"].values[month] = background[month][:, None, None]

    def logit(one):
        with torch.no_grad():
            row = model.module(*model.inputs(one))[0, :, at[0], at[1]]
        return float(row[1] - (row[0] + row[2]) / 2)

    # The unseen month is bridged from its neighbours: what is read there is nobody's.
    bridged = [model.inputs(one)[0][0, 1, :, at[0], at[1] : at[1] + 2] for one in (image, blank)]
    weight = model.module.pixel[0].weight.detach()[:, 2:4, 0, 0]
    through = model.module.last.weight.detach()[:, :, 0, 0] @ weight @ (bridged[0] - bridged[1]).sum(1)
    nobody = float(through[1] - (through[0] + through[2]) / 2)
    assert float(cam.sum()) == pytest.approx(logit(image) - logit(blank) - nobody, rel=1e-4)
    assert (cam.values[1] == 0).all()
    lit = np.argwhere((cam.values != 0).any(0))
    assert {tuple(p) for p in lit} == {(5, 9), (5, 10)}


def test_grad_cam_leaves_no_hook_and_stays_in_view():
    model, image = network(), scene(61)
    for parameter in model.module.parameters():
        parameter.requires_grad_(False)
    background = where.usual(image, BANDS)
    cam = where.grad_cam(model, image, (30, 30), 0, background=background)
    assert (cam.values != 0).any()
    _, _, rows, columns = where.view(model, image, (30, 30))
    outside = cam.values.copy()
    outside[:, rows, columns] = 0
    assert (outside == 0).all()
    with pytest.raises(InputError) as raised:
        where.grad_cam(model, image, (30, 30), 9, background=background)
    assert raised.value.code == "series_when_target"
    assert not model.module.pixel[0]._forward_hooks


def test_scores_of_a_map_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.integers(-1, 3, (20, 30))
    said = np.where(rng.random((20, 30)) < 0.7, truth, rng.integers(-1, 3, (20, 30)))
    group = np.arange(600).reshape(20, 30) // 10
    found = score_map(truth, said, CLASSES, group=group)
    known = (truth >= 0) & (said >= 0)
    assert found.n == known.sum()
    assert found.accuracy == pytest.approx(accuracy_score(truth[known], said[known]))
    wanted = jaccard_score(truth[known], said[known], average=None)
    assert found.table["iou"].to_numpy() == pytest.approx(wanted)
    assert found.mean_iou == pytest.approx(wanted.mean())
    assert found.accuracy_low < found.accuracy < found.accuracy_high
    assert found.mean_iou_low < found.mean_iou < found.mean_iou_high
    bare = score_map(truth, said, CLASSES)
    assert np.isnan(bare.accuracy_low)
    none = score_map(np.full((2, 2), -1), np.zeros((2, 2), int), CLASSES)
    assert none.n == 0
    assert np.isnan(none.accuracy)
