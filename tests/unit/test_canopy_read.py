"""Tables of field points: what made-up files hold comes out, in one shape, whatever the layout."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from eogen.canopy.read import (
    LAI_KINDS,
    cesbio,
    cesbio_series,
    dense_chip,
    eth_croptraits,
    eth_rtminv,
    forest,
)
from eogen.canopy.sensors import BANDS
from eogen.errors import Unavailable
from tests.canopy_files import GREEN, NINE, PRODUCT, cesbio_folder, geopackage, short, visit, well_made

# --- CESBIO ---


def test_bands_angles_and_labels_come_out(tmp_path):
    rows = [
        visit(k, **{short(band): 0.01 * (10 * k + place) for place, band in enumerate(BANDS, 1)})
        for k in range(2)
    ]
    data = cesbio(cesbio_folder(tmp_path, after_france_T31TCJ_gai=rows))
    well_made(data)
    expected = [[0.01 * (10 * k + place) for place in range(1, 11)] for k in range(2)]
    np.testing.assert_allclose(data.reflectance, expected, atol=1e-6)
    assert data.relative_azimuth.values == pytest.approx([110, 110])
    assert list(data.days.values) == [-2, -2]
    assert set(data.sensor.values) == {"S2B"}
    assert list(data.esu.values) == ["F0", "F1"]
    assert float(data.longitude[0]) == pytest.approx(1.184, abs=0.001)
    assert float(data.latitude[0]) == pytest.approx(43.446, abs=0.001)
    assert data.lai.values == pytest.approx([1.5, 2.5])


def test_the_nearest_clear_image_is_kept_for_each_visit(tmp_path):
    """Against a plain search, on 60 visits with images at random days, some masked."""
    rng = np.random.default_rng(5)
    day = dt.date(2018, 5, 10)
    sides, expected = {"before": [], "after": []}, []
    for place in range(60):
        found = []
        for side, sign in (("after", -1), ("before", 1)):
            gap = int(rng.integers(0, 12))
            masked = rng.choice(
                ["", "cloud_mask", "edge_mask", "sat_mask", "B8"], p=[0.6, 0.1, 0.1, 0.1, 0.1]
            )
            other = {masked: 0 if masked == "B8" else 1} if masked else {}
            image = day + dt.timedelta(days=sign * gap)
            sides[side].append(
                visit(place, image=str(image), **other, B2=0.001 * gap + (0.1 if side == "before" else 0))
            )
            if not masked:
                found.append((gap, side == "before", 0.001 * gap + (0.1 if side == "before" else 0)))
        expected.append(min(found)[2] if found else None)  # of two as near, the image before the visit
    rng.shuffle(sides["before"])  # the two tables need not have one order
    data = cesbio(cesbio_folder(tmp_path, before_x_T31TCJ_a=sides["before"], after_x_T31TCJ_a=sides["after"]))
    kept = dict(zip(data.esu.values, data.reflectance.sel(band="B02").values, strict=True))
    for place, blue in enumerate(expected):
        if blue is None:
            assert f"F{place}" not in kept
        else:
            assert kept[f"F{place}"] == pytest.approx(blue, abs=1e-6)
    assert data.attrs["without_image"] == expected.count(None) > 0


def test_a_field_visited_twice_is_two_rows_and_a_repeated_row_stays(tmp_path):
    rows = [visit(0), visit(0, field="2018-05-20", image="2018-05-18"), visit(0)]
    root = cesbio_folder(
        tmp_path, after_x_T31TCJ_a=rows, before_x_T31TCJ_a=[row | {"B2": 0.5} for row in rows]
    )
    data = cesbio(root)
    assert data.sizes["pixel"] == 3
    assert (data.reflectance.sel(band="B02") < 0.5).all()


@pytest.mark.parametrize(
    ("columns", "kind", "value", "spread"),
    [
        ({"PAIeff – CE": 1.5, "PAIeff CE V5.1": 9, "LicorLAI": 8}, "PAIeff", 1.5, np.nan),
        ({"LicorLAI": 2.5, "AccuPAR": 9, "std_Licor": 0.3}, "LAI-2000", 2.5, 0.3),
        ({"LicorLAI": None, "LAI_AccuPA": 3.5, "SD_LAI_Acc": 0.2}, "AccuPAR", 3.5, 0.2),
        ({"AccuPAR": 0.7}, "AccuPAR", 0.7, np.nan),
        ({}, "", np.nan, np.nan),
    ],
)
def test_leaf_area_is_taken_with_its_instrument(tmp_path, columns, kind, value, spread):
    row = {name: content for name, content in visit().items() if name != "PAIeff – CE"} | columns
    data = cesbio(cesbio_folder(tmp_path, after_x_T31TCJ_a=[row]))
    assert data.lai_kind.values[0] == kind
    assert kind in {*LAI_KINDS, ""}
    assert data.lai.values[0] == pytest.approx(value, nan_ok=True)
    assert data.lai_sd.values[0] == pytest.approx(spread, nan_ok=True)


def test_sites_are_named_by_country_and_year_or_tile(tmp_path):
    root = cesbio_folder(
        tmp_path,
        after_spain_T30TUM_2018=[visit()],
        after_italy_T33TWF_=[visit()],
        before_france_T31TCJ_gai=[visit(field="2017-11-28"), visit(1, field="2018-02-01")],
        after_chile_T19HCC_2019=[visit()],
    )
    data = cesbio(root)
    assert set(data.site.values) == {"Spain 2018", "Italy T33TWF", "France 2017", "Chile 2019"}
    assert float(data.latitude[(data.site == "Chile 2019").values][0]) < 0


def test_series_hold_each_clear_image_of_a_point_once(tmp_path):
    def row(place, field, image, **other):
        return visit(
            place, field=field, image=image, **{"X-WGS84": place, "Y-WGS84": 40, "NameESU": 7.0, **other}
        )

    days, images = ("2018-05-10", "2018-06-10"), ("2018-05-01", "2018-05-11", "2018-05-21")
    rows = [row(k, day, image) for k in (1, 2) for day in days for image in images]
    rows += [row(1, days[0], "2018-05-31", cloud_mask=1), row(1, days[0], "2018-06-05", B8=-1.0)]
    data = cesbio_series(cesbio_folder(tmp_path, acquisitions_sampling_x_T31TCJ_a=rows))
    assert sorted(
        zip(data.point.values, data.s2_date.values.astype("datetime64[D]").astype(str), strict=True)
    ) == [(f"7#{k}", image) for k in (1, 2) for image in images]
    assert data.sizes["visit"] == 4
    assert set(data.visit_point.values) == {"7#1", "7#2"}


# --- ETH ---


def rtminv(tmp_path, **other):
    row = dict(zip(BANDS, GREEN, strict=True)) | {
        **{"geometry": "POINT (8.9 47.48)", "date": "2022-05-11 09:48:44", "location": "Here", "lai": 2.5},
        **{"sun_zenith": 31, "view_zenith": 8, "relative_azimuth": 230, "green_canopy_cover": None},
    }
    (tmp_path / "eth_insitu").mkdir()
    pd.DataFrame([row, row | other]).to_csv(
        tmp_path / "eth_insitu/rtminv_s2_lai_gcc_CH_2031.csv", index=False
    )
    return eth_rtminv(tmp_path)


def test_rtminv(tmp_path):
    data = rtminv(tmp_path, lai=None, green_canopy_cover=80)
    well_made(data)
    assert data.lai.values == pytest.approx([2.5, np.nan], nan_ok=True)
    assert data.green_canopy_cover.values == pytest.approx([np.nan, 80], nan_ok=True)
    assert data.relative_azimuth.values == pytest.approx([130, 130])
    assert float(data.latitude[0]) == 47.48


def croptraits(tmp_path, traits=("lai", "ccc", "cab"), offset_scene=False):
    folder = tmp_path / "eth_insitu"
    folder.mkdir(exist_ok=True)
    other = "S2B_MSIL2A_20220620T102559_N0400_R108_T32TMT_20220620T165606"
    for shuffle, trait in enumerate(traits):
        rows = []
        for scene in (PRODUCT, other):
            for point in range(3):
                add = 0.1 if offset_scene and scene == other else 0
                rows.append(
                    {
                        "scene_id": f"{scene}.SAFE",
                        "point_id": point,
                        "parcel": "P",
                        "location": "Here",
                        "SCL": 4,
                    }
                    | {band: GREEN[BANDS.index(band)] + add for band in NINE}
                    | {
                        trait: point + 10 * shuffle if point else None,
                        "date_insitu": "April" if point else "2022-05-12",
                    }
                    | {
                        "lai_all": 3,
                        "lai_q05_all": 2,
                        "lai_q95_all": 4,
                        "lai (Phenology)": 3.5,
                        "error_all": 3e20,
                    }
                )
        order = np.random.default_rng(shuffle).permutation(len(rows))
        name = f"croptraits_inv_res_joined_with_insitu_{trait}.csv"
        pd.DataFrame(rows).iloc[order].to_csv(folder / name)
    return eth_croptraits(tmp_path)


def test_the_three_tables_of_croptraits_are_one(tmp_path):
    data = croptraits(tmp_path)
    well_made(data)
    assert data.sizes["pixel"] == 6
    for shuffle, trait in enumerate(("lai", "ccc", "cab")):
        expected = [10 * shuffle + int(point) if int(point) else np.nan for point in data.point.values]
        assert data[trait].values == pytest.approx(expected, nan_ok=True)
    assert data.reflectance.sel(band="B08").isnull().all()
    assert set(data.sensor.values) == {"S2A", "S2B"}
    assert data.lut_lai_q95.attrs["units"] == data.lai.attrs["units"] == "m2/m2"
    assert data.lut_error.isnull().all()
    assert int(data.field_date.isnull().sum()) == 4  # "April" is no day


@pytest.mark.parametrize("traits", [("lai",), ("cab",), ("ccc", "cab")])
def test_croptraits_come_from_the_tables_that_are_there(tmp_path, traits):
    data = croptraits(tmp_path, traits)
    assert {trait for trait in ("lai", "ccc", "cab") if data[trait].notnull().any()} == {*traits}


def test_the_offset_is_removed_from_the_scenes_that_carry_it(tmp_path):
    data = croptraits(tmp_path, offset_scene=True)
    assert data.offset_removed.values == pytest.approx(
        [0.1 if sensor == "S2B" else 0 for sensor in data.sensor.values]
    )
    nine = data.reflectance.sel(band=list(NINE))
    np.testing.assert_allclose(nine, np.tile(GREEN[[BANDS.index(b) for b in NINE]], (6, 1)), atol=1e-6)


def test_angles_are_those_of_the_field_where_its_place_is_known(tmp_path):
    folder = tmp_path / "eth_insitu"
    folder.mkdir()
    somewhere = croptraits(tmp_path)
    geopackage(folder / "in-situ_glai_2031.gpkg", [{"location": "Here"}], [(1_000_000.0, 6_020_000.0)], 3857)
    here = croptraits(tmp_path)
    assert abs(here.view_zenith - somewhere.view_zenith).max() > 1
    assert abs(here.solar_zenith - somewhere.solar_zenith).max() < 1


# --- forest ---


def test_forest_stands(tmp_path):
    (tmp_path / "magic_bpww").mkdir()
    names = [f"{b}_NAME" for b in (*BANDS, "B09")] + ["FAPAR", "LAI"]
    row = {
        f"{day}_{name}": 10 * k + place
        for k, day in enumerate(("2018.07.02", "2018.04.08"), 1)
        for place, name in enumerate(names)
    }
    table = pd.DataFrame([row | {"class": "Picea abies"}, row | {"class": "Larix decidua"}])
    table.to_csv(tmp_path / "magic_bpww/BPWW_extract_2018.csv", sep=";", index=False)
    data = forest(tmp_path)
    assert data.sizes["pixel"] == 4
    assert list(data.species.values[:2]) == ["Picea abies", "Larix decidua"]
    first = data.isel(pixel=0)
    assert str(first.s2_date.values)[:10] == "2018-04-08"
    np.testing.assert_allclose(first.reflectance, (20 + np.arange(10)) / 1e4, atol=1e-7)
    assert float(first.lai_snap) == pytest.approx(0.032)
    assert float(data.solar_zenith[2]) < float(data.solar_zenith[0])  # July's sun is higher


@pytest.mark.parametrize("reader", [cesbio, cesbio_series, eth_rtminv, eth_croptraits, dense_chip, forest])
def test_a_set_that_is_not_here_is_unavailable(tmp_path, reader):
    with pytest.raises(Unavailable, match="eogen fetch") as caught:
        reader(tmp_path)
    assert caught.value.code == "canopy_absent"
