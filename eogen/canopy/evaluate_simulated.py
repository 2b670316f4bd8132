"""The families on simulations, where the truth is known: nats, misfit, calibration, and distance to the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from eogen.canopy import calibration, compare, models
from eogen.canopy.likelihood import bands
from eogen.canopy.methods import FAMILIES, Family
from eogen.canopy.noise import NOISE
from eogen.canopy.observation import Observation
from eogen.canopy.posteriors.base import Posterior
from eogen.canopy.posteriors.importance import ImportanceWeighted
from eogen.canopy.priors import prior
from eogen.canopy.reference import reference
from eogen.canopy.simulate import Simulated, simulate
from eogen.canopy.space import DERIVED, INFERRED, column, unit_of
from eogen.errors import Unavailable
from eogen.progress import Progress, silent
from eogen.results import Figure

DATASET = "simulated"
#: Quantities whose coverage and width are told.
TOLD = (*INFERRED, *DERIVED)


@dataclass(frozen=True)
class Size:
    """How many simulations each part takes.

    Attributes:
        nll: for the log density.
        calibrated: for ranks, coverage and misfit; ``draws`` of each.
        weighted: for families whose draws are weighted by the simulator, which cost more.
        references: spectra whose reference posterior is sampled.
    """

    nll: int = 10_000
    calibrated: int = 2000
    draws: int = 199
    weighted: int = 1000
    references: int = 10


QUICK = Size(nll=1000, calibrated=200, draws=99, weighted=60, references=1)
#: Set in the issue before anything was fitted; nats are also to be 3.7 below the independent family.
TARGETS = {
    "posterior_predictive_rmse": (0.0145, "lower"),
    "sbc_ks_worst": (0.030, "lower"),
    "tarp_deviation": (0.03, "lower"),
    "width_90/ccc": (150.0, "lower"),
    "nats_below_independent": (3.7, "higher"),
}
#: The family the targets are for.
BEST = "flow"


@dataclass
class _Bench:
    made: Simulated
    size: Size
    seed: int
    found: list[Figure]
    tables: dict[str, pd.DataFrame]

    def say(self, name: str, row: Family, value: float, n: int, **more: object) -> None:
        target, better = TARGETS.get(name, (None, None))
        fields: dict[str, object] = {"low": None, "high": None, "better": better} | more
        if row.name == BEST and target is not None:
            fields["target"] = target
        dataset = DATASET if _usual(row) else f"{DATASET}, prior {row.prior}, noise of {row.name}"
        self.found.append(Figure(name, row.name, dataset, float(value), n=n, **fields))  # type: ignore[arg-type]


def figures(
    *, seed: int = 0, quick: bool = False, progress: Progress = silent
) -> tuple[list[Figure], dict[str, pd.DataFrame], dict[str, str], list[str]]:
    """Measure every family on simulations of its own prior and noise; all families of one prior see the same.

    Returns:
        figures, tables (``sbc: <family>``, ``tarp: <family>``, ``coverage: <family>``), SHA-256 by family, and one
        sentence per family without weights.
    """
    size = QUICK if quick else Size()
    found: list[Figure] = []
    tables: dict[str, pd.DataFrame] = {}
    hashes: dict[str, str] = {}
    absent: list[str] = []
    loaded = {}
    for name in FAMILIES:
        try:
            loaded[name], card = models.load(name)
        except Unavailable as reason:
            absent.append(str(reason))
            continue
        hashes[name] = card.sha256
    for number, (name, encoder) in enumerate(loaded.items()):
        progress(number, len(loaded), "score")
        row = FAMILIES[name]
        made = simulate(prior(row.prior), size.nll, torch.Generator().manual_seed(10_000 + seed), row.noise)
        bench = _Bench(made, size, seed, found, tables)
        with torch.inference_mode():
            _density(bench, row, encoder)
            _calibration(bench, row, encoder)
    _gap(found)
    found += _against_reference(loaded, size, seed, progress)
    return found, tables, hashes, absent


def _usual(row: Family) -> bool:
    """Return whether a family is for the simulations that most are compared on."""
    return row.prior == "legacy" and row.noise == NOISE


def _posterior(row: Family, encoder: object, seen: Observation, particles: int = 1024) -> Posterior:
    return models.posterior(row.name, encoder, seen, particles=particles)  # type: ignore[arg-type]


def _pieces(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def _density(bench: _Bench, row: Family, encoder: object) -> None:
    """Add the mean negative log density of the truth, and its standard error."""
    count = bench.size.nll if row.trained else bench.size.weighted
    began = perf_counter()
    nats, effective = [], []
    for part in _pieces(count, 2000 if row.trained else 50):
        posterior = _posterior(row, encoder, bench.made.observation[part])
        truth = bench.made.theta[part]
        if isinstance(posterior, ImportanceWeighted):
            nats.append(-_with_truth(posterior, truth))
            effective.append(posterior.ess)
        else:
            nats.append(-posterior.log_prob(truth))
    every = torch.cat(nats).double()
    error = 1.96 * float(every.std()) / len(every) ** 0.5
    note = "Nats per unit cube; lower is better. Interval: normal."
    if effective:
        note += " Evidence with the truth among the draws, which errs on the safe side."
        bench.say("effective_draws", row, float(torch.cat(effective).median()), count, better="higher",
                  note="Median effective number of 1,024 weighted draws.")  # fmt: skip
    bench.say("nll", row, float(every.mean()), count, low=float(every.mean()) - error, unit="nat",
              high=float(every.mean()) + error, better="lower", seconds=round(perf_counter() - began, 1),
              note=note)  # fmt: skip


def _with_truth(posterior: ImportanceWeighted, truth: Tensor) -> Tensor:
    """Return the log density of the truth (m), the truth being one of the weighted draws.

    The evidence of draws alone is too low on average and would flatter; with the truth, itself a draw of the posterior,
    it is too high (Grosse et al. 2015, arXiv 1511.02543).
    """
    count = len(posterior.particles)
    joint = posterior.log_joint(truth)
    own = joint - posterior.log_proposal(truth)
    evidence = torch.logaddexp(posterior.log_evidence + np.log(count), own) - np.log(count + 1)
    return joint - evidence


def _calibration(bench: _Bench, row: Family, encoder: object) -> None:
    size = bench.size
    count = size.calibrated if row.trained else size.weighted
    generator = torch.Generator().manual_seed(bench.seed)
    draws, misfit = [], []
    for part in _pieces(count, 100 if row.trained else 50):
        seen = bench.made.observation[part]
        drawn = _posterior(row, encoder, seen).sample(size.draws, generator)
        draws.append(drawn)
        few = drawn[:20]
        expected = bands(few.flatten(0, 1), seen.geometry.repeat(len(few), 1)).unflatten(0, few.shape[:2])
        misfit.append((expected - seen.reflectance).square().mean((0, 2)))
    theta, truth = torch.cat(draws, 1), bench.made.theta[:count]
    _misfit(bench, row, torch.cat(misfit), count)
    _ranks(bench, row, theta, truth)
    _coverage(bench, row, theta, truth)
    _joint(bench, row, theta, truth)


def _misfit(bench: _Bench, row: Family, squares: Tensor, count: int) -> None:
    seen = bench.made.observation.reflectance[:count]
    floor = float((seen - bench.made.clean[:count]).square().mean().sqrt())
    mean, error = float(squares.mean()), 1.96 * float(squares.std()) / count**0.5
    bench.say(
        "posterior_predictive_rmse", row, mean**0.5, count, low=max(mean - error, 0) ** 0.5,
        high=(mean + error) ** 0.5, unit="reflectance", better="lower",
        note=f"Draws through PROSAIL, against the observed spectrum. An exact posterior: the noise, {floor:.4f}.",
    )  # fmt: skip


def _ranks(bench: _Bench, row: Family, theta: Tensor, truth: Tensor) -> None:
    ranks = calibration.sbc_ranks(theta, truth)
    statistics = np.asarray(calibration.ks_uniform(ranks, len(theta)))
    for name, value in zip(INFERRED, statistics, strict=True):
        bench.say(f"sbc_ks/{name}", row, float(value), len(truth), better="lower")
    worst = int(statistics.argmax())
    bench.say("sbc_ks_worst", row, float(statistics[worst]), len(truth), better="lower",
              note=f"Worst of 11 variables: {INFERRED[worst]}. 5 % critical value 1.358/sqrt(n) = "
              f"{1.358 / len(truth) ** 0.5:.3f}.")  # fmt: skip
    bins = np.linspace(0, len(theta) + 1, 21)
    counts = {name: np.histogram(np.asarray(ranks)[:, i], bins)[0] for i, name in enumerate(INFERRED)}
    bench.tables[f"sbc: {row.name}"] = pd.DataFrame(counts, pd.Index(range(1, 21), name="bin"))


def _coverage(bench: _Bench, row: Family, theta: Tensor, truth: Tensor) -> None:
    for name in TOLD:
        values, true = column(theta, name), column(truth, name)
        share, width = calibration.coverage(values, true, 0.9)
        half = 1.96 * (0.9 * 0.1 / len(true)) ** 0.5
        bench.say(f"coverage_90/{name}", row, share, len(true), low=share - half, high=share + half, better=None,
                  note="Nominal 0.90.")  # fmt: skip
        bench.say(f"width_90/{name}", row, width, len(true), unit=unit_of(name), better="lower")
    lai = column(theta, "lai").mean(0) - column(truth, "lai")
    bench.say("lai_rmse", row, float(lai.square().mean().sqrt()), len(truth), unit="m2/m2", better="lower")
    levels = np.arange(0.1, 1.0, 0.1)
    shares = {
        name: [calibration.coverage(column(theta, name), column(truth, name), float(v))[0] for v in levels]
        for name in TOLD
    }
    bench.tables[f"coverage: {row.name}"] = pd.DataFrame(shares, pd.Index(levels.round(2), name="level"))
    believed = prior(row.prior).sample(4000, torch.Generator().manual_seed(1))
    for name in TOLD:
        ratio = column(theta, name).std(0).median() / column(believed, name).std()
        bench.say(f"identifiability/{name}", row, float(ratio), len(truth), better=None,
                  note="Median posterior s.d. over the prior's; 1: spectra say nothing.")  # fmt: skip


def _joint(bench: _Bench, row: Family, theta: Tensor, truth: Tensor) -> None:
    space = prior(row.prior).space
    levels, shares = calibration.tarp(space.unit(theta), space.unit(truth), seed=bench.seed)
    table = pd.DataFrame(
        {"coverage": np.asarray(shares)}, pd.Index(np.asarray(levels).round(4), name="level")
    )
    bench.tables[f"tarp: {row.name}"] = table
    bench.say("tarp_deviation", row, calibration.tarp_deviation(levels, shares), len(truth),
              better="lower", note="Largest distance of joint coverage from nominal (TARP).")  # fmt: skip
    some = theta[:, :: max(1, len(truth) // 100)]
    correlations = [compare.total_correlation(some[:, i]) for i in range(some.shape[1])]
    bench.say("total_correlation", row, float(np.median(correlations)), len(correlations), unit="nat", better=None,
              note="Median nats by which variables go together (Gaussian copula).")  # fmt: skip


def _gap(found: list[Figure]) -> None:
    """Add by how many nats each family is below the independent one, on the same simulations."""
    nats = {f.method: f for f in found if f.name == "nll" and f.dataset == DATASET}
    if "independent" not in nats:
        return
    base = nats["independent"]
    for method, figure in nats.items():
        if method == "independent":
            continue
        gap = float(base.value or 0) - float(figure.value or 0)
        error = float(
            np.hypot((base.high or 0) - (base.value or 0), (figure.high or 0) - (figure.value or 0))
        )
        target = TARGETS["nats_below_independent"][0] if method == BEST else None
        found.append(Figure("nats_below_independent", method, DATASET, gap, gap - error, gap + error, figure.n,
                            unit="nat", target=target, better="higher"))  # fmt: skip


def _against_reference(loaded: dict, size: Size, seed: int, progress: Progress) -> Iterator[Figure]:
    """Yield, for the families of the first prior, the distance to posteriors sampled by Monte Carlo."""
    generator = torch.Generator().manual_seed(20_000 + seed)
    made = simulate(prior("legacy"), size.references, generator)
    rows = [FAMILIES[n] for n in loaded if _usual(FAMILIES[n])]
    scores: dict[tuple[str, str], list[float]] = {}
    seconds, rhat, ess = [], [], []
    for i in range(size.references):
        progress(i, size.references, "reference")
        seen = made.observation[i]
        truth = reference(seen, prior("legacy"), seed=seed)
        seconds.append(truth.seconds)
        rhat.append(float(truth.rhat.max()))
        ess.append(float(min(truth.bulk_ess.min(), truth.tail_ess.min())))
        exact = torch.as_tensor(np.asarray(truth.draws)).reshape(-1, len(INFERRED)).float()
        space = prior("legacy").space
        exact = exact[torch.randperm(len(exact), generator=generator)[:2000]]
        for row in rows:
            with torch.inference_mode():
                posterior = _posterior(row, loaded[row.name], seen, 4096)
                drawn = posterior.sample(len(exact), generator)[:, 0]
                nats = compare.nats_to_reference(
                    posterior.log_prob(exact[:, None])[:, 0], truth.log_prob(exact)
                )
            a, b = space.unit(drawn).numpy(), space.unit(exact).numpy()
            scores.setdefault((row.name, "nats_to_reference"), []).append(nats)
            scores.setdefault((row.name, "c2st"), []).append(float(compare.c2st(a, b, seed=seed)))
            scores.setdefault((row.name, "sliced_wasserstein"), []).append(
                float(compare.sliced_wasserstein(a, b, seed=seed))
            )
    notes = {
        "nats_to_reference": "KL(reference || family): what believing the family instead costs.",
        "c2st": "Accuracy of a classifier telling draws from the reference's: 0.5 is the same, 1 is told at once.",
        "sliced_wasserstein": "Mean distance of draws from the reference's along lines, on the unit cube.",
    }
    for (name, figure), values in scores.items():
        low, high = np.quantile(values, [0.025, 0.975])
        yield Figure(figure, name, DATASET, float(np.mean(values)), float(low), float(high), len(values),
                     unit="nat" if figure == "nats_to_reference" else "1", better="lower",
                     note=notes[figure] + " Mean and range over spectra.")  # fmt: skip
    yield Figure("reference_seconds", "reference", DATASET, float(np.max(seconds)), None, None, len(seconds),
                 unit="s", target=10.0, better="lower", note="Slowest.")  # fmt: skip
    yield Figure("reference_rhat", "reference", DATASET, float(np.max(rhat)), None, None, len(rhat),
                 better="lower", note="Worst of all variables and spectra.")  # fmt: skip
    yield Figure("reference_ess", "reference", DATASET, float(np.min(ess)), None, None, len(ess), better="higher",
                 note="Smallest of all variables and spectra.")  # fmt: skip
