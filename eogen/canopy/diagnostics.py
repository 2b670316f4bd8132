"""Did the chains settle, and how many independent draws are they worth?

R-hat and effective sample sizes after rank normalisation (Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021,
Bayesian Analysis 16:667, doi:10.1214/20-BA1221). Everywhere: draws (chain, draw, ...) of one quantity or of many on
the axes that follow, results (...); each chain is split in halves, so that a drift shows.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import ndtri
from scipy.stats import rankdata

#: What counts as settled: R-hat below and effective draws above (ibid., section 4).
RHAT, ESS = 1.01, 400


def rhat(draws: np.ndarray) -> np.ndarray:
    """Return R-hat: the larger of that of the ranks (centre) and of the ranks of distances to the median (spread)."""
    halves = _halves(draws)
    folded = np.abs(halves - np.median(halves, axis=(0, 1)))
    return np.maximum(_rhat(_normal_scores(halves)), _rhat(_normal_scores(folded)))


def bulk_ess(draws: np.ndarray) -> np.ndarray:
    """Return the effective number of draws for the centre of the distribution."""
    return _ess(_normal_scores(_halves(draws)))


def tail_ess(draws: np.ndarray, tail: float = 0.05) -> np.ndarray:
    """Return the effective number of draws for both tails: the smaller of those of the quantiles at ``tail``."""
    ends = np.quantile(draws, [tail, 1 - tail], axis=(0, 1))
    return np.minimum(*(_ess(_halves((draws <= end).astype(float))) for end in ends))


def _halves(draws: np.ndarray) -> np.ndarray:
    """Return each chain as two of half its length (2 chains, draws // 2, ...); a middle draw is left out."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]]).astype(np.float64)


def _normal_scores(chains: np.ndarray) -> np.ndarray:
    """Return what draws of a normal law would have these ranks (Blom 1958)."""
    flat = chains.reshape(-1, *chains.shape[2:])
    ranks = rankdata(flat, axis=0)
    return ndtri((ranks - 0.375) / (len(flat) + 0.25)).reshape(chains.shape)


def _rhat(chains: np.ndarray) -> np.ndarray:
    count = chains.shape[1]
    within = chains.var(1, ddof=1).mean(0)
    between = chains.mean(1).var(0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):  # chains that never moved have no R-hat: NaN
        return np.sqrt((count - 1) / count + between / within)


def _ess(chains: np.ndarray) -> np.ndarray:
    """Return the effective number of draws by Geyer's (1992) initial monotone sequence over several chains."""
    number, count = chains.shape[:2]
    covariance = _autocovariance(chains)
    within = covariance[:, 0].mean(0) * count / (count - 1)
    spread = within * (count - 1) / count
    if number > 1:
        spread = spread + chains.mean(1).var(0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = 1 - (within - covariance.mean(0)) / spread
    rho[0] = 1
    even = (count - 1) // 2 * 2
    pairs = rho[:even].reshape(-1, 2, *rho.shape[1:]).sum(1)
    # The sum ends before the first pair that is not positive; from there on pairs count for nothing.
    positive = np.minimum.accumulate(pairs > 0, axis=0)
    pairs = np.where(positive, np.minimum.accumulate(pairs, axis=0), 0)
    # Half of the pair at which it ends still counts where its first term is positive (antithetic chains).
    length = positive.sum(0)
    last = np.take_along_axis(rho, (2 * np.minimum(length, len(pairs) - 1))[None], 0)[0]
    time = -1 + 2 * pairs.sum(0) + np.where(length < len(pairs), np.maximum(last, 0), 0)
    total = number * count
    return total / np.maximum(time, 1 / np.log10(total))


def _autocovariance(chains: np.ndarray) -> np.ndarray:
    """Return the autocovariance at every lag (chain, lag, ...), divided by the number of draws."""
    count = chains.shape[1]
    centred = chains - chains.mean(1, keepdims=True)
    size = next_fast_len(2 * count, real=True)
    power = np.abs(rfft(centred, size, axis=1)) ** 2
    return irfft(power, size, axis=1)[:, :count] / count
