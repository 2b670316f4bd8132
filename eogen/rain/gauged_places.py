"""The score of an hour from what each gauge may say: expected sums, put through the scores' own formulas.

A score is a function of sums over places. A forest learns, from the hours of other days, what a gauge says where IMERG
shows this: how often it is wet, how much on average, and the mean square. Summed over the stations of a new hour these
are the sums that its score is made of. It learns from every gauge of every hour, not from one number an hour.

Each tree grows from half of the days. A day, or two, is then left out by leaving out the trees that saw it: days are
left out one by one, within days left out, at the price of a single forest.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from sklearn.tree import DecisionTreeRegressor

from eogen.progress import Progress, silent
from eogen.rain.gauged import TARGETS, Hours
from eogen.rain.scores import EVENT, from_sums

#: Trees; fewest gauge-hours of a leaf; share of the features tried at a split; share of the days a tree sees.
TREES, LEAF, TRIED, DAYS = 240, 60, 0.4, 0.5
#: What all stations together show, given to each.
_SHARED = ("s_wet", "s_mean", "s_spread", "s_slight", "s_patchy", "s_within", "s_after", "s_new_after", "s_sine",
           "s_cosine")  # fmt: skip


class Places:
    """Trees, the days that each saw, and what each says of every hour's sums.

    Args:
        hours: all of them; a tree reads the gauges of its own days alone.
        trees: number; an even share sees each day.
        seed: of the days and splits.
        progress: stage ``gauges``.
    """

    def __init__(self, hours: Hours, trees: int = TREES, seed: int = 0, progress: Progress = silent) -> None:
        rng = np.random.default_rng(seed)
        count = int(hours.day.max()) + 1
        inputs, known = self._inputs(hours), np.isfinite(hours.gauge) & np.isfinite(hours.satellite)
        gauge = np.where(known, hours.gauge, 0).astype(float)
        log = np.log1p(gauge)
        answers = np.stack([gauge >= EVENT, log, log * log, gauge], -1)
        self.hours, self.known = hours, known
        self.saw = np.zeros((trees, count), bool)
        said = []
        for k in range(trees):
            if k % 10 == 0:
                progress(k, trees, "gauges")
            self.saw[k, rng.permutation(count)[: max(1, round(DAYS * count))]] = True
            rows = known & self.saw[k][hours.day][:, None]
            # Of its own days alone: even a scale of all would tell of those left out.
            scale = answers[rows].std(0)
            scale = np.where(scale > 0, scale, 1)
            tree = DecisionTreeRegressor(
                min_samples_leaf=min(LEAF, max(1, int(rows.sum()) // 10)),
                max_features=TRIED, random_state=seed * 1000 + k,
            )  # fmt: skip
            tree.fit(inputs[rows], answers[rows] / scale)
            unseen = ~self.saw[k][hours.day]
            each = np.full((*hours.gauge.shape, 4), np.nan, np.float32)
            part = inputs[unseen]
            each[unseen] = (tree.predict(part.reshape(-1, part.shape[-1])) * scale).reshape(
                *part.shape[:2], 4
            )
            said.append(each)
        self.said = np.stack(said)

    @staticmethod
    def _inputs(hours: Hours) -> np.ndarray:
        """Return (hour, station, feature) float32; what is not known is -1, which no logarithm of rain is."""
        shared = hours.at_stations[list(_SHARED)].to_numpy(np.float32)
        wide = np.broadcast_to(shared[:, None], (*hours.places.shape[:2], shared.shape[1]))
        return np.nan_to_num(np.concatenate([hours.places, wide], -1), nan=-1.0)

    def without(self, left_out: tuple[int, ...]) -> pd.DataFrame:
        """Return scores (n, target) that trees which saw none of some days expect of those days' hours, else NaN."""
        trees = ~self.saw[:, list(left_out)].any(1)
        rows = np.isin(self.hours.day, left_out)
        if not trees.any():
            return pd.DataFrame(np.nan, index=range(len(rows)), columns=list(TARGETS))
        p, m, q, e = np.moveaxis(self.said[trees][:, rows].mean(0).astype(float), -1, 0)
        found = expected(self.hours.satellite[rows], p, m, q, e, self.known[rows])
        table = pd.DataFrame(np.nan, index=range(len(rows)), columns=list(TARGETS))
        table.loc[rows] = found.to_numpy()
        return table


def expected(
    satellite: np.ndarray,
    wet: np.ndarray,
    log: np.ndarray,
    square: np.ndarray,
    rate: np.ndarray,
    known: np.ndarray,
) -> pd.DataFrame:
    """Return the scores (n, target) of hours from expectations (n, station) of what gauges say.

    Args:
        satellite: mm h-1.
        wet: chance that the gauge is wet.
        log, square: expectations of log(1 + R) and of its square.
        rate: expectation of R, mm h-1.
        known: which stations count.
    """
    x = np.where(known, satellite, 0).astype(float)
    lx, called = np.log1p(x), known & (satellite >= EVENT)
    total = lambda v: np.where(known, v, 0).sum(1)
    hits, events, calls, n = total(wet * called), total(wet), called.sum(1), known.sum(1)
    columns = {
        "n": n.astype(float), "x": total(x), "y": total(rate), "xx": total(x * x), "yy": total(rate**2),
        "xy": total(x * rate), "lx": total(lx), "ly": total(log), "lxx": total(lx * lx), "lyy": total(square),
        "lxy": total(lx * log),
    }  # fmt: skip
    counts = {
        "hits": hits,
        "alarms": calls - hits,
        "misses": events - hits,
        "rest": n - calls - events + hits,
    }
    of = xr.Dataset(
        {k: ("time", v) for k, v in columns.items()}
        | {k: (("time", "threshold"), v[:, None]) for k, v in counts.items()},
        {"threshold": [EVENT]},
    )
    return from_sums(of)[list(TARGETS)].to_dataframe()[list(TARGETS)]
