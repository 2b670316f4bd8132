"""Ten satellites in their orbits, and when each looks at which place.

Orbits are circular, with the secular effect of the Earth's flattening (J2; Vallado, *Fundamentals of Astrodynamics*,
section 9.6). The node of a sun-synchronous one keeps its local time; that of GPM drifts. Altitudes, inclinations, local
times and swaths are those of the missions; where along its orbit each satellite stands at :data:`EPOCH` is drawn once
(twins half an orbit apart), so the passes have the true rhythm and not the true minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eogen.errors import InputError

EPOCH = np.datetime64("2014-01-01T00:00:00")
SLOT = np.timedelta64(30, "m")
SLOT_SECONDS = 1800.0
EARTH_KM, GRAVITY, J2 = 6378.137, 398600.4418, 1.08262668e-3
MEAN_KM = 6371.0
DAY = 86400.0
#: The Earth's turn under the stars, and the sun's along them: radians per second.
SPIN, SUN = 7.2921159e-5, 2 * np.pi / (365.2422 * DAY)


@dataclass(frozen=True)
class Satellite:
    """One satellite and its microwave instrument.

    Attributes:
        name: as users say it.
        sensor: instrument; a key of :data:`eogen.rain.sensors.SENSORS`.
        altitude: km.
        inclination: degrees.
        swath: km on the ground.
        phase: argument of latitude at :data:`EPOCH`, degrees.
        node_hour: local time of the ascending node, hours; None = not sun-synchronous.
        node: longitude of the ascending node at :data:`EPOCH` where it is not, degrees east.
    """

    name: str
    sensor: str
    altitude: float
    inclination: float
    swath: float
    phase: float
    node_hour: float | None = None
    node: float = 0.0

    @property
    def mean_motion(self) -> float:
        """Argument of latitude gained per second, radians; from node to node."""
        radius = EARTH_KM + self.altitude
        kepler, flat = np.sqrt(GRAVITY / radius**3), 1.5 * J2 * (EARTH_KM / radius) ** 2
        return float(kepler * (1 + flat * (4 * np.cos(np.deg2rad(self.inclination)) ** 2 - 1)))

    @property
    def precession(self) -> float:
        """Turn of the orbital plane among the stars, radians per second; that of the sun where it is synchronous."""
        if self.node_hour is not None:
            return SUN
        radius = EARTH_KM + self.altitude
        flat = 1.5 * J2 * (EARTH_KM / radius) ** 2 * np.sqrt(GRAVITY / radius**3)
        return float(-flat * np.cos(np.deg2rad(self.inclination)))

    def node_longitude(self, seconds: np.ndarray) -> np.ndarray:
        """Return the longitude of the ascending node (radians) ``seconds`` after :data:`EPOCH`."""
        seconds = np.asarray(seconds, float)
        if self.node_hour is not None:
            return np.deg2rad(15 * self.node_hour) - 2 * np.pi * (seconds % DAY) / DAY
        return np.deg2rad(self.node) + (self.precession - SPIN) * seconds

    def argument(self, seconds: np.ndarray) -> np.ndarray:
        """Return the argument of latitude (radians, unwrapped) ``seconds`` after :data:`EPOCH`."""
        return np.deg2rad(self.phase) + self.mean_motion * np.asarray(seconds, float)

    def ground(self, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return latitude and longitude (degrees) of the point below, ``seconds`` after :data:`EPOCH`."""
        u, i = self.argument(seconds), np.deg2rad(self.inclination)
        lon = self.node_longitude(seconds) + np.arctan2(np.cos(i) * np.sin(u), np.cos(u))
        return np.rad2deg(np.arcsin(np.sin(i) * np.sin(u))), (np.rad2deg(lon) + 180) % 360 - 180

    def passing(self, seconds: float, lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return when and how far aside the satellite passes each place in the half hour that starts at ``seconds``.

        Args:
            seconds: start of the half hour, after :data:`EPOCH`.
            lat: (y,) degrees north.
            lon: (x,) degrees east.

        Returns:
            Minutes after the start (0 to 30, NaN = the place is outside the swath), and signed distance from the track
            (km), both (y, x) float32.
        """
        i = np.deg2rad(self.inclination)
        sin_lat, cos_lat = np.sin(np.deg2rad(lat))[:, None], np.cos(np.deg2rad(lat))[:, None]
        east = np.deg2rad(lon)[None]
        node, argument = float(self.node_longitude(seconds)), float(self.argument(seconds)) % (2 * np.pi)
        turn = (-2 * np.pi / DAY) if self.node_hour is not None else self.precession - SPIN
        after: float | np.ndarray = SLOT_SECONDS / 2
        # The place turns with the Earth while the satellite comes: two steps bring the moment within some seconds.
        for _ in range(2):
            hour = east - node - turn * after
            abreast = np.arctan2(
                np.cos(i) * cos_lat * np.sin(hour) + np.sin(i) * sin_lat, cos_lat * np.cos(hour)
            )
            behind = (abreast - argument - self.mean_motion * after + np.pi) % (2 * np.pi) - np.pi
            after = after + behind / self.mean_motion
        hour = east - node - turn * after
        aside = MEAN_KM * np.arcsin(np.cos(i) * sin_lat - np.sin(i) * cos_lat * np.sin(hour))
        minutes = after / 60
        seen = (np.abs(aside) < self.swath / 2) & (minutes >= 0) & (minutes < SLOT_SECONDS / 60)
        return np.where(seen, minutes, np.nan).astype(np.float32), aside.astype(np.float32)


#: NOAA-19 and the DMSP satellites have drifted; their local times are those of 2022.
SATELLITES = (
    Satellite("GPM", "GMI", 407, 65.0, 885, 0, None, 20),
    Satellite("GCOM-W1", "AMSR2", 700, 98.2, 1450, 40, 13.5),
    Satellite("DMSP-F16", "SSMIS", 848, 98.8, 1700, 110, 15.8),
    Satellite("DMSP-F17", "SSMIS", 850, 98.8, 1700, 200, 18.2),
    Satellite("DMSP-F18", "SSMIS", 850, 98.8, 1700, 300, 17.2),
    Satellite("NOAA-19", "MHS", 870, 98.9, 2180, 150, 20.0),
    Satellite("MetOp-B", "MHS", 817, 98.7, 2180, 70, 21.5),
    Satellite("MetOp-C", "MHS", 817, 98.7, 2180, 250, 21.5),
    Satellite("Suomi-NPP", "ATMS", 824, 98.7, 2600, 10, 13.4),
    Satellite("NOAA-20", "ATMS", 824, 98.7, 2600, 190, 13.4),
)


def constellation(drop: Iterable[str] = ()) -> tuple[Satellite, ...]:
    """Return the satellites left when those of ``drop`` are switched off.

    Args:
        drop: names of satellites, of sensors (all that carry it), or ``"all"``.

    Raises:
        InputError: ``rain_satellite``.
    """
    gone = {drop} if isinstance(drop, str) else set(drop)
    known = {s.name for s in SATELLITES} | {s.sensor for s in SATELLITES} | {"all"}
    if stray := sorted(map(str, gone - known)):
        raise InputError(
            "rain_satellite",
            "There is no satellite or sensor called {name} in the simulated constellation; there are: {known}.",
            name=", ".join(stray), known=", ".join(s.name for s in SATELLITES),
        )  # fmt: skip
    return tuple(s for s in SATELLITES if not gone & {s.name, s.sensor, "all"})


def since_epoch(time: np.ndarray | np.datetime64) -> np.ndarray:
    """Return seconds after :data:`EPOCH`."""
    return np.asarray((np.asarray(time, "datetime64[ns]") - EPOCH) / np.timedelta64(1, "s"), float)


def near(
    satellite: Satellite, seconds: np.ndarray, lat: np.ndarray, lon: np.ndarray, every: float = 60.0
) -> np.ndarray:
    """Return (slots,) bool: may the satellite see any of the box in the half hours that start at ``seconds``?

    A cheap net with no false negative: it is asked every minute whether the ground point is within the half diagonal of
    the box, half a swath and half a minute's way (7 km/s) of the box's centre.
    """
    middle = (np.deg2rad((lat[0] + lat[-1]) / 2), np.deg2rad((lon[0] + lon[-1]) / 2))
    corners = [_angle(*middle, np.deg2rad(a), np.deg2rad(b)) for a in lat[[0, -1]] for b in lon[[0, -1]]]
    reach = max(corners) * 1.02 + (satellite.swath / 2 + every / 2 * 7.5) / MEAN_KM
    at = np.asarray(seconds, float)[:, None] + np.arange(0, SLOT_SECONDS + every, every)
    track = np.deg2rad(satellite.ground(at))
    return (_angle(*middle, *track) < reach).any(1)


def passes(
    start: np.datetime64, slots: int, lat: np.ndarray, lon: np.ndarray, drop: Iterable[str] = ()
) -> pd.DataFrame:
    """Return one row per overpass of the box, in order: ``satellite``, ``sensor``, ``start``, ``end``, ``share``.

    Args:
        start: of the first half hour.
        slots: how many half hours.
        lat: (y,) degrees north.
        lon: (x,) degrees east.
        drop: see :func:`constellation`.

    Returns:
        Times in UTC (of the first and the last place seen); share = part of the box that was seen, 0 to 1.

    Raises:
        InputError: ``rain_satellite``.
    """
    start = np.datetime64(start, "ns")
    seconds = since_epoch(start) + SLOT_SECONDS * np.arange(slots)
    rows: list[dict[str, object]] = []
    for satellite in constellation(drop):
        last = None
        for k in np.flatnonzero(near(satellite, seconds, lat, lon)):
            minutes, _ = satellite.passing(float(seconds[k]), lat, lon)
            seen = np.isfinite(minutes)
            if not seen.any():
                continue
            low, high = (
                start + k * SLOT + np.timedelta64(round(float(m) * 60), "s")
                for m in (np.nanmin(minutes), np.nanmax(minutes))
            )
            if last is not None and low - last["end"] < np.timedelta64(10, "m"):
                last["end"], last["share"] = high, last["share"] + float(seen.mean())
                continue
            last = {"satellite": satellite.name, "sensor": satellite.sensor, "start": low, "end": high,
                    "share": float(seen.mean())}  # fmt: skip
            rows.append(last)
    table = pd.DataFrame(rows, columns=["satellite", "sensor", "start", "end", "share"])
    return table.sort_values("start", ignore_index=True)


def _angle(lat1: np.ndarray, lon1: np.ndarray, lat2: np.ndarray, lon2: np.ndarray) -> np.ndarray:
    """Return the angle between places (radians)."""
    cosine = np.sin(lat1) * np.sin(lat2) + np.cos(lat1) * np.cos(lat2) * np.cos(lon1 - lon2)
    return np.arccos(np.clip(cosine, -1, 1))
