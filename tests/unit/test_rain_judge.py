"""The judge's intervals hold on new days, its past maps can be made again, and it says what speaks against it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from eogen.errors import InputError
from eogen.rain import maps
from eogen.rain.archive import archive, fitted
from eogen.rain.basis import Margins, basis, without
from eogen.rain.conformal import calibration_slope, coverage
from eogen.rain.encode import encode
from eogen.rain.examples import TARGETS, of_maps
from eogen.rain.judge import NEAREST, judge, judge_windows, past_map
from eogen.rain.occlusion import occlusion
from eogen.rain.score_model import FEATURES
from eogen.rain.simulate import simulate
from eogen.rain.windows import parts_of, windows


@pytest.fixture(scope="module")
def day():
    """Three maps of a seed nobody learnt from, radar beside them."""
    return simulate(31000, 3)


@pytest.fixture(scope="module")
def judged(day):
    return judge(day, "forest")


def bare(day: xr.Dataset) -> xr.Dataset:
    return day[["precipitation"]]


def codes(judgement) -> dict[str, int]:
    return {fact.code: fact.maps for fact in judgement.facts}


def test_intervals_hold_on_days_that_they_were_not_calibrated_on():
    """On half the days the margins are found, on the other half they are tried, for every score and both ways."""
    whole = basis("forest")
    odd = np.isin(whole.days, np.unique(whole.days)[1::2])
    for some in (odd, ~odd):
        part = replace(whole, predicted=whole.predicted[some], true=whole.true[some], days=whole.days[some])
        low, high = Margins(part, 0.8).interval(pd.DataFrame(whole.predicted[~some], columns=list(TARGETS)))
        for k, name in enumerate(TARGETS):
            truth, days = whole.true[~some, k], whole.days[~some]
            assert 0.72 < coverage(truth, low[:, k], high[:, k], days, draws=20)["share"] < 0.88, name
            assert 0.85 < calibration_slope(truth, whole.predicted[~some, k], days, draws=20)[0] < 1.15, name


def test_a_higher_level_is_wider_and_an_impossible_one_is_refused(day, judged):
    wide = judge(day, "forest", 0.95)
    for name in TARGETS:
        inner, outer = (j.maps[f"{name}_high"] - j.maps[f"{name}_low"] for j in (judged, wide))
        assert (outer > inner).all(), name
        assert (judged.maps[f"{name}_low"] <= judged.maps[name]).all()
    for bad, expected in ((("forest", 1.5), "rain_conformal_level"), (("nobody",), "rain_method")):
        with pytest.raises(InputError) as caught:
            judge(day, *bad)
        assert caught.value.code == expected


def test_radar_is_never_looked_at(day, judged):
    blind = judge(day.drop_vars(["radar", "radar_wet_share"]), "forest")
    xr.testing.assert_identical(blind.maps, judged.maps)
    lying = judge(day.assign(radar=day["radar"] * 0), "forest")
    xr.testing.assert_identical(lying.maps, judged.maps)


def test_a_past_map_is_its_own_nearest_and_is_made_again_by_its_seed():
    """Kept features, simulated again, equal: and judging that map finds it, with its true scores."""
    kept = archive("late").train
    step = (kept.time - kept.time.astype("datetime64[D]")) / np.timedelta64(30, "m")
    row = int(np.flatnonzero(step == 1)[0])
    again = past_map(int(kept.block[row]), 1, around=1)
    assert again.sizes["time"] == 3
    assert again["time"].values[1] == kept.time[row]
    found = of_maps(again)
    values = found.features.iloc[1].reindex(list(FEATURES)).to_numpy(float)
    assert values == pytest.approx(kept.features.iloc[row].to_numpy(), rel=2e-3, abs=2e-3)
    nearest = judge(again, "forest").nearest
    mine = nearest[nearest["time"] == kept.time[row]]
    assert list(mine["rank"]) == list(range(1, NEAREST + 1))
    assert mine["seed"].is_unique
    assert mine["distance"].is_monotonic_increasing
    first = mine.iloc[0]
    assert (first["seed"], first["step"]) == (kept.block[row], 1)
    assert first["distance"] < 0.1 < mine.iloc[1]["distance"]
    assert first["csi"] == pytest.approx(found.scores["csi"][1], abs=1e-3)


def test_what_the_file_does_not_tell_is_said_and_counted(day, judged):
    assert codes(judged) == {"no_before": 1, "no_after": 1, "simulated": 3} | (
        {"unusual": n} if (n := int(judged.maps["unusual"].sum())) else {}
    )
    middle = day.isel(time=[1])
    silent = judge(bare(middle), "forest")
    assert {"no_age", "no_quality", "no_infrared"} <= set(codes(silent))
    assert np.isfinite(silent.maps["csi"]).all()
    mute = judge(bare(middle), "age_only")
    assert codes(mute)["no_score"] == 1
    assert np.isnan(mute.maps["csi_low"]).all()
    early = judge(middle, "forest_early")
    assert codes(early)["no_before"] == 1
    assert "no_after" not in codes(early)


def test_less_told_is_less_certain():
    """Without age, quality and infrared the forest errs more, and its intervals, calibrated so, are wider."""
    groups = frozenset(("age", "seen", "quality", "infrared"))
    known, unknown = basis("forest"), basis("forest", groups)
    widths = []
    for of in (known, unknown):
        low, high = Margins(of, 0.8).interval(pd.DataFrame(of.predicted, columns=list(TARGETS)))
        widths.append((high - low).mean(0))
    assert widths[1][TARGETS.index("cc_log")] > 1.2 * widths[0][TARGETS.index("cc_log")]
    some = without(archive("late").calibration, groups)
    assert some.features["age"].isna().all()
    assert some.features["wet"].notna().all()


def test_a_map_unlike_rain_is_unusual(day):
    rng = np.random.default_rng(0)
    noise = rng.gamma(0.3, 20, day["precipitation"].shape)
    strange = day.assign(precipitation=day["precipitation"].copy(data=noise.astype(np.float32)))
    found = judge(strange, "forest")
    assert found.maps["unusual"].all()
    assert (found.maps["beyond"] > 0.1).all()
    dry = judge(day.assign(precipitation=day["precipitation"] * 0), "forest")
    assert codes(dry)["dry"] == 3


def test_clusters_come_with_their_mean_and_no_method_is_without_a_table(day):
    found = judge(day, "pca_kmeans")
    assert (found.maps["cluster"] >= 0).all()
    assert found.maps["csi"].values == pytest.approx(found.maps["csi_cluster"].values)
    table = found.table()
    assert len(table) == 3 * len(TARGETS)
    assert {"time", "score", "value", "low", "high", "cluster_mean"} == set(table)
    trivial = judge(day, "wet_fraction")
    assert (trivial.maps["cluster"] == -1).all()
    assert trivial.nearest.empty


def test_the_judgement_is_written_to_netcdf(judged, tmp_path):
    judged.maps.to_netcdf(tmp_path / "scores.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "scores.nc", engine="h5netcdf") as back:
        assert back.attrs["method"] == "forest"
        np.testing.assert_allclose(back["csi"], judged.maps["csi"])
        assert back["time"].attrs["standard_name"] == "time"
    assert all("long_name" in v.attrs for v in judged.maps.data_vars.values())


@pytest.mark.parametrize(("cells", "side"), [(80, 80), (81, 80), (128, 80), (192, 80), (30, 80), (400, 80)])
def test_windows_cover_all_and_have_the_size_that_was_learnt(cells, side):
    found = windows(cells, side)
    assert {i for w in found for i in range(w.start, w.stop)} == set(range(cells))
    assert {w.stop - w.start for w in found} == {min(side, cells)}
    assert len(found) == -(-cells // side)
    assert [i for p in parts_of(cells, 8) for i in range(p.start, p.stop)] == list(range(cells))


def test_a_large_map_is_judged_window_by_window(day, judged):
    """Two copies side by side, each judged as the one alone; judged whole, its scale is remarked upon."""
    other = day.assign_coords(lon=day["lon"] + 8.0)
    large = xr.concat(
        [day, other], "lon", data_vars="minimal", coords="minimal", compat="override", join="outer"
    )
    large["time"].attrs = dict(day["time"].attrs)
    found = judge_windows(large, "forest")
    assert dict(found.sizes) == {"time": 3, "lat": 1, "lon": 2}
    for k in range(2):
        np.testing.assert_allclose(found["csi"][:, 0, k], judged.maps["csi"], rtol=1e-6)
    assert float(found["lon"].diff("lon")[0]) == pytest.approx(8.0)
    fact = next(f for f in judge(large, "forest").facts if f.code == "scale")
    assert fact.values["times"] == pytest.approx(2.0)
    small = next(f for f in judge(day.isel(lat=slice(0, 40)), "forest").facts if f.code == "scale")
    assert small.values["times"] == pytest.approx(0.5)


def test_a_stream_is_encoded_as_if_it_were_one_file(day):
    """Pieces of one map or of two, a map's neighbours lying in other pieces: the same bits."""
    model = fitted("forest")
    whole = encode([day], model)
    expected = model.predict(of_maps(day)).scores
    np.testing.assert_allclose(whole["csi"], expected["csi"], rtol=1e-6)
    for cuts in (
        (slice(0, 1), slice(1, 3)),
        (slice(0, 2), slice(2, 3)),
        (slice(0, 1), slice(1, 2), slice(2, 3)),
    ):
        pieces = [day.isel(time=cut) for cut in cuts]
        xr.testing.assert_allclose(encode(iter(pieces), model), whole)
    seen = []
    encode([day], model, total=3, progress=lambda done, total, stage: seen.append((done, total, stage)))
    assert seen[-1][1:] == (3, "encode")
    with pytest.raises(InputError) as caught:
        encode([day.isel(time=[1]), day.isel(time=[0])], model)
    assert caught.value.code == "rain_time_order"
    with pytest.raises(InputError) as caught:
        encode([], model)
    assert caught.value.code == "rain_few_pieces"


def test_occlusion_finds_the_part_that_counts(day):
    """A judge that scores the rain of the south-west corner and its age: nothing else matters, and that does."""

    def corner(examples):
        rain = examples.frames[:, 1, 20:, :20].astype(float).mean((1, 2))
        age = examples.frames[:, 4, 20:, :20].astype(float).mean((1, 2))
        return pd.DataFrame({"csi": rain - age})

    wet = day.assign(precipitation=day["precipitation"] + 1, microwave_age=day["microwave_age"] * 0 + 60)
    wet["microwave_age"][:, 79, 79] = 0
    found = occlusion(wet, 1, corner, "rain", parts=2)["csi"]
    assert found.dims == ("lat", "lon")
    assert float(found[0, 0]) > 0.3
    assert np.abs(found.values.ravel()[1:]).max() == pytest.approx(0)
    # The age of the corner lowers its score.
    aged = occlusion(wet, 1, corner, "age", parts=2)["csi"]
    assert float(aged[0, 0]) == pytest.approx(-1 / 3, abs=1e-2)
    assert np.abs(aged.values.ravel()[1:]).max() == pytest.approx(0)
    with pytest.raises(ValueError, match="age"):
        occlusion(maps.imerg(day["precipitation"]), 1, corner, "age")
