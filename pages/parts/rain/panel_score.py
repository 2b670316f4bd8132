"""Score maps that no radar sees: scores with intervals, past maps alike, what speaks against both, what counted."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from eogen.progress import Progress
from eogen.rain.examples import TARGETS
from eogen.rain.judge import Judgement, judge
from eogen.rain.occlusion import occlusion
from eogen.rain.scores import score_maps
from pages.kit import export, figures, progress, provenance
from pages.kit.address import choose, number
from pages.kit.hall import Visitor
from pages.kit.send import to_validation
from pages.kit.words import Words
from pages.parts.rain import cards_view, fits, names, score_upload, score_view, som_view, subjects
from pages.parts.rain.state import State
from pages.parts.rain.subjects import Subject

#: Most maps that are scored at once: two weeks.
MOST = 700


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("rain.score.lead"))
    columns = st.columns([1.3, 1.4, 1], vertical_alignment="bottom")
    which = subjects.pick(
        t, columns[0], [subjects.DAY, *subjects.imerg(), subjects.UPLOAD], key="score_maps", label=t("rain.score.what")
    )  # fmt: skip
    offered = [n for n in fits.offered() if n not in ("wet_fraction", "age_only")]
    name = choose(
        columns[1].selectbox, t("rain.common.method"), offered, name="method", default=fits.best(offered),
        key="score_method", format_func=lambda n: fits.label(t, n),
    )  # fmt: skip
    score = choose(
        columns[2].selectbox, t("rain.common.score"), TARGETS, name="score", default="csi", key="score_score",
        format_func=lambda s: names.score(t, s),
    )  # fmt: skip
    if which == subjects.UPLOAD:
        with st.expander(
            t("rain.upload.title"), expanded=score_upload.current() is None, icon=":material/upload:"
        ):
            score_upload.offer(t)
        of = subjects.uploaded(t)
        if of is None:
            st.markdown(t("rain.score.waiting"))
            return
    else:
        of = subjects.day(state) if which == subjects.DAY else subjects.real(t, which)
    if fits.absent(t, name):
        return
    said = progress.run(
        t("rain.score.computing"), lambda report: _judged(of.key, name, fits.stamp(name), of.maps), t,
        key=f"judge_{of.key}_{name}",
    )  # fmt: skip
    if said is not None:
        _drawn(t, state, of, name, score, said)


@st.cache_resource(show_spinner=False, max_entries=8)
def _judged(key: str, name: str, stamp: float, _maps: xr.Dataset) -> Judgement:
    return judge(_maps.isel(time=slice(0, MOST)), name)


@st.cache_data(show_spinner=False, max_entries=8)
def _truth(key: str, _maps: xr.Dataset) -> pd.DataFrame:
    some = _maps.isel(time=slice(0, MOST))
    return score_maps(some["precipitation"], some["radar"]).to_dataframe().reset_index(drop=True)


def _drawn(t: Words, state: State, of: Subject, name: str, score: str, said: Judgement) -> None:
    """Draw the series of maps, then the map that is chosen."""
    count = said.maps.sizes["time"]
    truth = _truth(of.key, of.maps) if of.grid else None
    st.caption(" ".join(score_view.facts(t, said.facts, count)))
    at = 0
    if count > 1:
        start = min(state.at, count - 1) if of.simulated else 0
        at = (
            number(st.slider, t("rain.score.map"), 1, count, name=f"map_{of.name[:6]}", default=start + 1) - 1
        )
        figures.show(
            score_view.series(t, said, score, truth, at), key="rain_series", alt=t("rain.score.series_alt"), expert=True
        )  # fmt: skip
    time = said.maps["time"].values[at]
    step = int((time - time.astype("datetime64[D]")) / np.timedelta64(30, "m"))
    st.markdown(f"**{t('rain.score.chosen', date=t.date(str(time)), hour=cards_view.clock(t, step))}**")
    left, middle, right = st.columns([1, 1, 1.6], gap="medium")
    rain = of.maps["precipitation"].values[at]
    with left:
        st.html(score_view.map_html(t, rain) + som_view.rain_legend(t, "rain.legend.rain"))
        provenance.caption(of.provenance, t)
    with right:
        st.dataframe(
            score_view.table(t, said, at, truth),
            hide_index=True,
            width="stretch",
            alt=t("rain.score.table_alt"),
        )
        _standing(t, name, said, at)
    with middle:
        _counted(t, of, name, score, at)
    _nearest(t, name, score, said, time)
    stem = f"rain-scores-{of.name}-{name}".replace("/", "-")
    export.bar(
        [export.table(stem, said.table), export.table(f"{stem}-nearest", lambda: said.nearest),
         export.File(f"{stem}.nc", partial(netcdf, said.maps, truth)), export.Chart("rain_series", "rain-series")],
        t, key="rain_score",
    )  # fmt: skip
    to_validation(t, "scores", rain_score_method=name)


def _standing(t: Words, name: str, said: Judgement, at: int) -> None:
    """Say in which cell the map lies and whether it is like those that were learnt from."""
    one = said.maps.isel(time=at)
    if int(one["cluster"]) >= 0:
        st.markdown(t("rain.score.in_cell", cell=int(one["cluster"]) + 1))
    ceiling = fits.found(name).limit
    ratio = float(one["distance"]) / ceiling if np.isfinite(ceiling) and ceiling > 0 else np.nan
    facts = {
        "distance": t.number(ratio, 2) if np.isfinite(ratio) else "–",
        "beyond": t.percent(float(one["beyond"])),
    }
    if bool(one["unusual"]):
        st.warning(t("rain.score.unusual", **facts), icon=":material/warning:")
    else:
        st.caption(t("rain.score.usual", **facts))


@st.cache_data(show_spinner=False, max_entries=16)
def _effects(
    key: str, name: str, stamp: float, at: int, _maps: xr.Dataset, _progress: Progress
) -> xr.Dataset:
    model = fits.found(name).model
    return occlusion(_maps, at, lambda e: model.predict(e).scores, real_time=fits.METHODS[name].real_time)


def _counted(t: Words, of: Subject, name: str, score: str, at: int) -> None:
    """Draw which parts of the map raise or lower its score, when asked: the map is judged 65 times."""
    key = f"occlusion_{of.key}_{name}_{at}"
    st.markdown(f"**{t('rain.score.occlusion')}**")
    if not st.session_state.get(f"yes_{key}"):
        st.caption(t("rain.score.occlusion_lead"))
        st.button(
            t("rain.score.occlusion_show"),
            key=f"ask_{key}",
            icon=":material/troubleshoot:",
            on_click=_yes,
            args=(key,),
        )
        return
    found = progress.run(
        t("rain.score.occlusion_running"),
        lambda report: _effects(of.key, name, fits.stamp(name), at, of.maps, report), t, key=key,
    )  # fmt: skip
    if found is None:
        return
    if not np.nan_to_num(found[score].values).any():
        st.caption(t("rain.score.occlusion_none"))
        return
    st.html(score_view.map_html(t, of.maps["precipitation"].values[at], found[score]))
    st.html(score_view.effect_legend(t, found[score].values, score))


def _yes(key: str) -> None:
    st.session_state[f"yes_{key}"] = True


def _nearest(t: Words, name: str, score: str, said: Judgement, time: np.datetime64) -> None:
    """Draw the past maps nearest to the chosen one: a table at once, their pictures when asked."""
    rows = said.nearest[said.nearest["time"] == time]
    if rows.empty:
        return
    st.markdown(f"**{t('rain.score.nearest')}**")
    st.caption(t("rain.score.nearest_lead"))
    shown = pd.DataFrame({
        "n°": rows["rank"].to_numpy(), t("rain.score.distance"): [t.number(float(d), 2) for d in rows["distance"]],
        t("rain.score.date"): [t.date(str(d)) for d in rows["date"]],
        **{names.score(t, s): [t.number(float(v), 2) if np.isfinite(v) else "–" for v in rows[s]] for s in TARGETS},
    })  # fmt: skip
    st.dataframe(shown, hide_index=True, width="stretch", alt=t("rain.score.nearest_alt"))
    key = f"near_{name}_{rows['seed'].iloc[0]}_{rows['step'].iloc[0]}_{time}"
    if not st.session_state.get(f"yes_{key}"):
        st.button(
            t("rain.score.nearest_show"),
            key=f"ask_{key}",
            icon=":material/grid_view:",
            on_click=_yes,
            args=(key,),
        )
        return
    cards_view.again(
        t, name, rows["seed"].to_numpy(int), rows["step"].to_numpy(int), rows[list(TARGETS)], score, key,
        [t("rain.score.rank", n=int(r)) for r in rows["rank"]],
    )  # fmt: skip


def netcdf(maps: xr.Dataset, truth: pd.DataFrame | None) -> bytes:
    """Return the scores of the maps as NetCDF; the true ones beside them where they are known."""
    held = maps.copy()
    if truth is not None:
        for name in TARGETS:
            held[f"{name}_true"] = (
                "time",
                truth[name].to_numpy(float),
                {"long_name": f"{name} by the radar"},
            )
    held["time"].encoding = {"units": "minutes since 1970-01-01", "calendar": "standard", "dtype": "int64"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.nc"
        held.to_netcdf(path, engine="h5netcdf")
        return path.read_bytes()
