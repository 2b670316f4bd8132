"""Where the sun and a Sentinel-2 satellite stood, when a product does not say.

The sun: the low-precision formulas of the Astronomical Almanac (Michalsky 1988, Solar Energy 40(3), 227,
doi:10.1016/0038-092X(88)90045-X), good to 0.01° from 1950 to 2050. The satellite: a circular orbit over a spherical
Earth with the mission's constants (ESA, Sentinel-2 orbit: 786 km, 98.62°, 143 orbits in 10 days, mean local solar
time of 10:30 at the descending node). The orbit repeats, so its number tells the ground track, hence the view.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from rasterio import CRS
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.warp import transform

from eogen.errors import InputError

EARTH_RADIUS, ALTITUDE = 6371.0, 786.0  # km
INCLINATION = np.radians(98.62)
ORBITS, CYCLE_DAYS = 143, 10
NODE_HOUR = 10.5
#: Longitude (degrees east) of the descending node of relative orbit 1: the one constant that is fitted, to the view
#: zenith that a product of orbit 108 gives for its tile (T32TMT, 2019-04-20). Other orbits and places check it.
FIRST_NODE = 168.36
#: Half of the swath, degrees of view zenith at the ground: a pixel seen from further off is not of that orbit.
WIDEST_VIEW = 12.5

_PRODUCT = re.compile(
    r"(?P<sensor>S2[ABC])_MSIL(?P<level>1C|2A)_(?P<start>\d{8}T\d{6})_N(?P<baseline>\d{4})_R(?P<orbit>\d{3})"
    r"_T(?P<tile>\d{2}[A-Z]{3})"
)


@dataclass(frozen=True)
class Product:
    """What the name of a Sentinel-2 product says.

    Attributes:
        name: the part that was recognised.
        sensor: "S2A", "S2B" or "S2C".
        date: day of the image (UTC).
        baseline: processing baseline, e.g. "0400".
        orbit: relative orbit, 1..143.
        tile: of the military grid, e.g. "32TMT".
    """

    name: str
    sensor: str
    date: np.datetime64
    baseline: str
    orbit: int
    tile: str


def product(text: str) -> Product | None:
    """Return what the Sentinel-2 product name inside ``text`` says, or None where there is none."""
    if not (found := _PRODUCT.search(text)):
        return None
    day = found["start"]
    try:
        date = np.datetime64(f"{day[:4]}-{day[4:6]}-{day[6:8]}", "D")
    except ValueError:
        return None
    return Product(found[0], found["sensor"], date, found["baseline"], int(found["orbit"]), found["tile"])


def tile_centre(tile: str) -> tuple[float, float]:
    """Return longitude and latitude (degrees) of the centre of a Sentinel-2 tile, e.g. ``"32TMT"``.

    The columns of 100 km are lettered A-H, J-R, S-Z in three zones by turns, and the rows A-V from the equator
    (F-V, A-E in even zones), every 2000 km again (NGA.STND.0037); a tile is 109.8 km wide.

    Raises:
        InputError: ``canopy_tile``.
    """
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    if not re.fullmatch(r"(0[1-9]|[1-5]\d|60)[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V]", tile):
        raise _tile(tile)
    zone, band = int(tile[:2]), letters.index(tile[2])
    column = letters.index(tile[3]) - 8 * ((zone - 1) % 3)
    row = (letters.index(tile[4]) - (0 if zone % 2 else 5)) % 20
    if not 0 <= column < 8:
        raise _tile(tile)
    # The latitude band (8° from 80° S) tells which of the repeated rows: the one nearest to its middle.
    north = tile[2] >= "N"
    middle = (band - 2) * 8 - 80 + 4
    wanted = middle * 110.9 if north else 10_000 + middle * 110.9
    northing = row * 100 + 2000 * round((wanted - row * 100) / 2000)
    middle = [(column + 1) * 1e5 + 54_900.0], [northing * 1e3 + 1e5 - 54_900.0]
    (lon,), (lat,) = to_degrees(f"EPSG:{326 if north else 327}{zone:02d}", *middle, tile)
    return float(lon), float(lat)


def to_degrees(
    system: str | CRS, x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the longitudes and latitudes of places in a coordinate reference system.

    Args:
        system: the CRS, or its code ("EPSG:32631").
        x, y: easting and northing, in its unit.
        name: of what holds them, for the sentence.

    Raises:
        InputError: ``canopy_place`` where they are no places on Earth.
    """
    try:
        longitude, latitude = (np.array(each) for each in transform(system, "EPSG:4326", x, y))
    except (RasterioError, CPLE_BaseError) as fault:
        raise _no_place(name) from fault
    if not (np.isfinite(longitude).all() and (np.abs(latitude) <= 90).all()):
        raise _no_place(name)
    return longitude, latitude


def solar_position(
    time: np.datetime64 | np.ndarray, longitude: float | np.ndarray, latitude: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the zenith and azimuth (from north, clockwise) of the sun, degrees, without refraction.

    Args:
        time: UTC.
        longitude: degrees, east positive.
        latitude: degrees.
    """
    days = (np.asarray(time, "datetime64[ms]") - np.datetime64("2000-01-01T12:00", "ms")) / np.timedelta64(
        1, "D"
    )
    anomaly = np.radians((357.528 + 0.9856003 * days) % 360)
    longitude_mean = (280.460 + 0.9856474 * days) % 360
    ecliptic = np.radians(longitude_mean + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    tilt = np.radians(23.439 - 4e-7 * days)
    ascension = np.arctan2(np.cos(tilt) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(tilt) * np.sin(ecliptic))
    sidereal = 6.697375 + 0.0657098242 * days + 24 * ((days + 0.5) % 1)  # hours at Greenwich
    hour = np.radians(15 * sidereal + longitude) - ascension
    place = np.radians(latitude)
    cosine = np.sin(place) * np.sin(declination) + np.cos(place) * np.cos(declination) * np.cos(hour)
    azimuth = np.arctan2(
        -np.sin(hour) * np.cos(declination),
        np.sin(declination) * np.cos(place) - np.cos(declination) * np.sin(place) * np.cos(hour),
    )
    return np.degrees(np.arccos(np.clip(cosine, -1, 1))), np.degrees(azimuth) % 360


@dataclass(frozen=True)
class Overpass:
    """One passage of a satellite near a place.

    Attributes:
        time: UTC.
        view_zenith: degrees, at the ground.
        view_azimuth: degrees from north, clockwise: where the satellite stands.
    """

    time: np.datetime64
    view_zenith: float
    view_azimuth: float


def overpass(date: np.datetime64, longitude: float, latitude: float, orbit: int | None = None) -> Overpass:
    """Return when a Sentinel-2 satellite passed a place on the day ``date``, and where it stood.

    Args:
        date: the day, UTC.
        longitude, latitude: degrees.
        orbit: relative orbit, 1..143; without it, the satellite is taken to stand straight above.

    Raises:
        InputError: ``canopy_orbit`` where that orbit does not see the place.
    """
    place = _direction(longitude, _geocentric(latitude))
    if orbit is None:
        _, _, drift = _track(_along(lambda along: -np.abs(_track(along)[1] - _geocentric(latitude))))
        track_longitude, view_zenith, view_azimuth = longitude, 0.0, 0.0
    else:
        node = FIRST_NODE - (orbit - 1) * 360 * CYCLE_DAYS / ORBITS

        def nearness(along: np.ndarray) -> np.ndarray:
            east, north, _ = _track(along)
            return _direction(node + east, north) @ place

        along = _along(nearness)
        east, north, drift = _track(along)
        track_longitude = node + float(east)
        view_zenith = _view_zenith(float(nearness(along)))
        if view_zenith > WIDEST_VIEW:
            raise InputError(
                "canopy_orbit",
                "Relative orbit {orbit} does not see the place at {longitude:.2f}, {latitude:.2f}: the product's name "
                "and its coordinates do not belong together.",
                orbit=orbit,
                longitude=longitude,
                latitude=latitude,
            )
        view_azimuth = _bearing(longitude, _geocentric(latitude), track_longitude, float(north))
    # In a sun-synchronous orbit the local hour depends on the latitude alone: it gives the time of day.
    hour = (NODE_HOUR + float(drift) / 15 - track_longitude / 15) % 24
    time = np.datetime64(date, "ms") + np.timedelta64(round(hour * 3_600_000), "ms")
    return Overpass(time, view_zenith, view_azimuth)


def angles(
    date: np.datetime64, longitude: float, latitude: float, orbit: int | None = None
) -> tuple[float, float, float]:
    """Return solar zenith, view zenith and relative azimuth (not folded), degrees; arguments as :func:`overpass`."""
    passage = overpass(date, longitude, latitude, orbit)
    zenith, azimuth = solar_position(passage.time, longitude, latitude)
    relative = float(azimuth - passage.view_azimuth) if passage.view_zenith else 0.0
    return float(zenith), passage.view_zenith, relative


def _track(along: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the ground track at arcs (radians) from the descending node, south positive.

    Degrees: longitude east of the node, geocentric latitude, and longitude east of it on an Earth that stands still.
    """
    latitude = np.degrees(np.arcsin(-np.sin(INCLINATION) * np.sin(along)))
    drift = np.degrees(np.arctan2(np.cos(INCLINATION) * np.sin(along), np.cos(along)))
    hours = along / (2 * np.pi) * CYCLE_DAYS * 24 / ORBITS
    return drift - 15 * hours, latitude, drift


def _along(score: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the arc from the descending node (radians) where ``score`` is greatest, to 0.001°."""
    middle, reach = 0.0, 85.0
    for _ in range(3):
        arcs = np.radians(middle + np.linspace(-reach, reach, 401))
        middle, reach = float(np.degrees(arcs[int(score(arcs).argmax())])), reach / 50
    return np.radians(middle)


def _tile(tile: str) -> InputError:
    return InputError(
        "canopy_tile",
        "{tile} is not a Sentinel-2 tile such as 31TCJ; nothing is known of its place.",
        tile=tile,
    )


def _no_place(name: str) -> InputError:
    return InputError(
        "canopy_place",
        "The coordinates of {name} are no places on Earth in its coordinate reference system; correct one or the "
        "other, or give the angles beside the file.",
        name=name,
    )


def _geocentric(latitude: float) -> float:
    return float(np.degrees(np.arctan((1 - 1 / 298.257) ** 2 * np.tan(np.radians(latitude)))))


def _direction(longitude: float | np.ndarray, latitude: float | np.ndarray) -> np.ndarray:
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat) + 0 * lon], -1)


def _view_zenith(nearness: float) -> float:
    """View zenith (degrees) at a place whose direction and the satellite's have the cosine ``nearness``."""
    centre = np.arccos(min(nearness, 1.0))
    nadir = np.arctan2(EARTH_RADIUS * np.sin(centre), EARTH_RADIUS + ALTITUDE - EARTH_RADIUS * np.cos(centre))
    return float(np.degrees(nadir + centre))


def _bearing(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    gap, here, there = np.radians(to_lon - lon), np.radians(lat), np.radians(to_lat)
    east = np.sin(gap) * np.cos(there)
    north = np.cos(here) * np.sin(there) - np.sin(here) * np.cos(there) * np.cos(gap)
    return float(np.degrees(np.arctan2(east, north)) % 360)
