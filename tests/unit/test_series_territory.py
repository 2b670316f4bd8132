"""The simulated territory: seeds, seasons, counterfactuals, evidence that is known, and real parcels beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from eogen.canopy.sensors import BANDS
from eogen.errors import InputError
from eogen.landcover.bands import BANDS as ABOUT
from eogen.landcover.series import territory as made
from eogen.landcover.series.territory_evidence import FELT
from tests.real import real_data

EVERY = {"every": 10}


def _ndvi(held: xr.Dataset, name: str = "clean") -> np.ndarray:
    red, near = (held[name].sel(band=b).values for b in ("B04", "B08"))
    return (near - red) / (near + red)


def _of(held: xr.Dataset, name: str) -> np.ndarray:
    return held["label"].values == held.attrs["classes"].index(name)


@pytest.fixture(scope="module")
def year() -> xr.Dataset:
    return made.parcels(3, 400)


def test_equal_seeds_give_equal_parcels_and_others_do_not() -> None:
    one, two, other = (made.parcels(seed, 12, **EVERY) for seed in (5, 5, 6))
    xr.testing.assert_identical(one, two)
    assert not np.array_equal(one.clean, other.clean)


def test_parcels_are_what_the_exchange_says(year: xr.Dataset) -> None:
    assert year.reflectance.dims == ("parcel", "time", "band")
    assert year.sizes["time"] == 12
    assert list(year.band.values) == list(BANDS)
    assert year.attrs["kind"] == "simulated"
    assert year.attrs["classes"] == list(made.CLASSES)
    assert (np.bincount(year.label) == 40).all()
    assert np.isfinite(year.clean).all()
    assert float(year.clean.min()) >= 0
    assert float(year.clean.max()) < 1
    part = float(np.isnan(year.reflectance.values[..., 0]).mean())
    assert 0 < part < 0.3  # some months are never seen, most are
    # Noise is small and has no side.
    error = (year.reflectance - year.clean).values[np.isfinite(year.reflectance.values)]
    assert abs(np.median(error)) < 0.003
    assert np.std(error) < 0.03
    assert np.array_equal(np.isnan(year.reflectance.values[..., 0]), year.seen.values == 0)


def test_single_dates_average_to_the_months() -> None:
    dates, months = made.parcels(2, 10, monthly=False), made.parcels(2, 10)
    mean = dates.clean.groupby(dates.time.dt.month).mean("time")
    assert dates.sizes["time"] == 73
    assert dates.attrs["step_days"] == 0
    np.testing.assert_allclose(mean.transpose("parcel", "month", "band"), months.clean, atol=1e-6)


def test_dates_follow_each_other_and_vary_by_parcel(year: xr.Dataset) -> None:
    for name in ("winter_cereal", "maize", "rapeseed", "sunflower"):
        here = year.isel(parcel=_of(year, name))
        assert (here.ripening.values < here.harvest.values).all()
        assert float(here.harvest.std()) > 2
    assert np.isnan(year.harvest.values[_of(year, "water")]).all()
    at = [float(year.harvest.values[_of(year, n)].mean()) for n in ("winter_cereal", "sunflower", "maize")]
    assert at == sorted(at)


def test_a_later_harvest_changes_nothing_before_the_harvest() -> None:
    usual, later = (
        made.parcels(7, 30, classes=("winter_cereal",), monthly=False, cloudy=0, harvest_shift=s)
        for s in (0, 30)
    )
    np.testing.assert_allclose(later.harvest - usual.harvest, 30)
    day = usual.time.dt.dayofyear.values
    before = day[None] < usual.harvest.values[:, None] - 15
    np.testing.assert_allclose(usual.clean.values[before], later.clean.values[before], atol=1e-4)
    # Between the two harvests there are stalks in the one and stubble in the other.
    between = (day[None] > usual.harvest.values[:, None] + 5) & (
        day[None] < later.harvest.values[:, None] - 5
    )
    assert (later.leaf_area.values[between] > usual.leaf_area.values[between] + 0.3).all()


def test_a_cloudy_month_takes_that_month_and_no_other() -> None:
    usual, hidden = made.parcels(4, 40), made.parcels(4, 40, cloud_month=7)
    assert np.isnan(hidden.reflectance.values[:, 6]).all()
    others = [k for k in range(12) if k != 6]
    np.testing.assert_array_equal(usual.reflectance.values[:, others], hidden.reflectance.values[:, others])


@pytest.mark.parametrize("twin", made.TWINS, ids=lambda t: t.event)
def test_twins_differ_in_their_month_and_bands_and_nowhere_else(twin: made.Twin) -> None:
    found = made.event_evidence(twin, seed=1, n=30)
    others = [k for k in range(12) if k != twin.month - 1]
    assert (found.change.values[others] == 0).all()
    assert not found.evidence.values[others].any()
    told = found.evidence.sel(month=twin.month).values
    assert {ABOUT[b].group for b, yes in zip(BANDS, told, strict=True) if yes} == set(twin.groups)
    assert float(found.weight.sum()) == pytest.approx(1)
    assert np.abs(found.change.values).max() > 2 * FELT
    # The closed form, which knows nothing of events, finds the month too.
    pair = made.pair_evidence(twin.first, twin.second)
    assert int(pair.lost_month.values.argmax()) == twin.month - 1
    assert float(pair.lost_month.max()) > 0.9


def test_parts_lost_are_those_of_distances_computed_without_them() -> None:
    from eogen.landcover.series.territory_evidence import _law

    found = made.pair_evidence("maize", "sunflower")
    (first, s1), (second, s2) = _law("maize", 0), _law("sunflower", 0)
    gap, pooled = second - first, (s1 + s2) / 2

    def squared(keep: np.ndarray) -> float:
        return float(gap[keep] @ np.linalg.solve(pooled[np.ix_(keep, keep)], gap[keep]))

    whole, index = squared(np.arange(120)), np.arange(120).reshape(12, 10)
    for month in (0, 7):
        expected = 1 - squared(np.delete(np.arange(120), index[month])) / whole
        assert float(found.lost_month[month]) == pytest.approx(expected, abs=1e-6)
    expected = 1 - squared(np.delete(np.arange(120), index[:, 3])) / whole
    assert float(found.lost_band[3]) == pytest.approx(expected, abs=1e-6)
    assert found.attrs["distance"] == pytest.approx(np.sqrt(whole))


def test_evidence_of_classes_is_where_an_agronomist_looks() -> None:
    classes = ("maize", "winter_cereal", "deciduous_forest", "evergreen_forest", "forage_rape", "rapeseed")
    found = made.evidence(classes)
    assert found.evidence.any(("month", "band")).all()
    assert found.sizes == {"class": 6, "month": 12, "band": 10}
    assert found.twin.values.tolist() == [False, False, False, False, True, True]
    assert found.rival.sel({"class": "rapeseed"}) == "forage_rape"
    for name in ("rapeseed", "forage_rape"):  # only April tells them apart
        assert found.evidence.sel({"class": name}).any("band").values.nonzero()[0].tolist() == [3]
    summer = set(found.evidence.sel({"class": "maize"}).any("band").values.nonzero()[0])
    assert summer <= set(range(3, 10))
    lost = np.concatenate([found[n].values.ravel() for n in ("lost", "lost_month", "lost_band")])
    assert (lost >= -1e-9).all()
    assert (lost <= 1 + 1e-9).all()


def test_a_territory_is_a_cube_with_its_truth() -> None:
    dates = np.array(["2023-01-20", "2023-05-20", "2023-08-10"], "datetime64[D]")
    cube = made.territory(1, (48, 40), dates, cloudy=0)
    assert cube.reflectance.shape == (3, 10, 48, 40)
    assert bool(cube.clear.all())
    assert cube.rio.crs is not None
    np.testing.assert_array_equal(cube.kind.values[cube.parcel.values], cube.label.values)
    assert set(np.unique(cube.label)) == set(range(len(made.CLASSES)))
    xr.testing.assert_identical(cube, made.territory(1, (48, 40), dates, cloudy=0))
    red, near = (cube.reflectance.sel(band=b).values for b in ("B04", "B08"))
    green = (near - red) / (near + red)
    of = {n: cube.label.values == k for k, n in enumerate(made.CLASSES)}
    assert np.median(green[1][of["winter_cereal"]]) > 0.7 > 0.4 > np.median(green[2][of["winter_cereal"]])
    assert np.median(green[2][of["maize"]]) > 0.7 > 0.4 > np.median(green[1][of["maize"]])
    assert np.median(green[2][of["water"]]) < 0 < np.median(green[2][of["town"]]) < 0.5


def test_clouds_are_bright_shadows_dark_and_both_are_said() -> None:
    dates = np.arange(np.datetime64("2023-04-01"), np.datetime64("2023-06-30"), 10)
    cube, clean = (made.territory(2, 40, dates, cloudy=c) for c in (1.0, 0.0))
    clear = cube.clear.values
    assert 0.05 < clear.mean() < 0.95
    off = (cube.reflectance - clean.reflectance).sel(band="B02").values
    assert np.abs(off[clear]).max() < 0.1
    assert off[~clear].max() > 0.3
    hidden = made.territory(2, 40, dates, cloud_month=5, monthly=True)
    assert [bool(c) for c in hidden.clear.any(("y", "x"))] == [True, False, True]
    assert np.isnan(hidden.reflectance.values[1]).all()
    usual = made.territory(2, 40, dates, monthly=True)
    np.testing.assert_array_equal(usual.reflectance.values[[0, 2]], hidden.reflectance.values[[0, 2]])


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("territory_class", lambda: made.parcels(0, 4, classes=("rice",))),
        ("territory_class", lambda: made.evidence(())),
        ("territory_option", lambda: made.parcels(-1, 4)),
        ("territory_option", lambda: made.parcels(0, 0)),
        ("territory_option", lambda: made.parcels(0, 4, cloud_month=13)),
        ("territory_option", lambda: made.parcels(0, 4, harvest_shift=200)),
        ("territory_option", lambda: made.territory(0, 8)),
        ("territory_option", lambda: made.evidence(("maize",))),
        ("territory_option", lambda: made.pair_evidence("maize", "maize")),
        (
            "series_time",
            lambda: made.territory(0, 32, np.array(["2023-02-01", "2023-01-01"], "datetime64[D]")),
        ),
    ],
)
def test_what_makes_no_territory_is_refused(code: str, call: object) -> None:
    with pytest.raises(InputError) as refused:
        call()  # type: ignore[operator]
    assert refused.value.code == code


#: Crop codes of the parcels' file (the mapping beside it names them wheat, maize, sunflower, rapeseed, grasslands).
REAL = {
    "winter_cereal": (1101010011, 1101020011), "maize": (1101060000,), "sunflower": (1106000010,),
    "rapeseed": (1106000031,), "grassland": (2001020022, 2001020021),
}  # fmt: skip


@pytest.fixture(scope="module")
def real() -> dict[str, pd.DataFrame]:
    """Return for each class the NDVI of real French parcels: 10 %, median and 90 % (month)."""
    tables = []
    for path in sorted((real_data("landcover") / "worldcereal").glob("dekad_*FRA*.geoparquet")):
        columns = {"timestamp": "time", "ewoc_code": "code", "S2-L2A-B04": "red", "S2-L2A-B08": "near"}
        tables.append(pd.read_parquet(path, columns=list(columns)).rename(columns=columns))
    if not tables:
        pytest.skip("no series of French parcels")
    table = pd.concat(tables)
    table = table[(table.red < 65535) & (table.near < 65535) & (table.red + table.near > 0)]
    table["ndvi"] = (table.near - table.red) / (table.near + table.red)
    middle = table.time.dt.year.mode()[0]
    table = table[table.time.dt.year == middle]
    found = {}
    for name, codes in REAL.items():
        rows = table[table.code.isin(codes)]
        found[name] = rows.groupby(rows.time.dt.month).ndvi.quantile([0.1, 0.5, 0.9]).unstack()
    return found


@pytest.mark.parametrize("name", list(REAL))
def test_seasons_are_those_of_real_parcels(
    name: str, real: dict[str, pd.DataFrame], year: xr.Dataset
) -> None:
    rows = real[name]
    if len(rows) < 12:
        pytest.skip(f"no full year of {name}")
    low, middle, high = (rows[q].values for q in (0.1, 0.5, 0.9))
    ours = np.median(_ndvi(year)[_of(year, name)], axis=0)
    assert np.abs(ours - middle).mean() < 0.12
    assert np.corrcoef(ours, middle)[0, 1] > (0.4 if name == "grassland" else 0.85)
    assert ((ours > low - 0.05) & (ours < high + 0.05)).sum() >= 10
    if name != "grassland":
        assert abs(int(ours.argmax()) - int(middle.argmax())) <= 1
        assert abs(ours.max() - middle.max()) < 0.1
        assert abs(ours.min() - middle.min()) < 0.12
