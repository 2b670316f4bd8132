"""Open an address from a given byte on, and say in one sentence why it cannot be.

Only ``http``, ``https`` and ``file`` addresses. Faults of two kinds come out: :class:`Interrupted` (trying
again may help) and the public errors of :mod:`eogen.errors` (it will not).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
from urllib3.exceptions import ProtocolError

from eogen.errors import InputError, Unavailable

CHUNK = 1 << 14
_AGAIN = {408, 429, 500, 502, 503, 504}


class Interrupted(Exception):  # noqa: N818 - a reason to try again, never shown as it is
    """The answer stopped before its end, or the server asked to come back later."""


@contextmanager
def open_at(
    url: str,
    offset: int,
    size: int,
    *,
    tag: str | None,
    session: requests.Session,
    timeout: tuple[float, float],
) -> Iterator[tuple[int, str | None, Iterator[bytes]]]:
    """Open ``url`` from byte ``offset`` if the other side can, else from its beginning.

    Args:
        url: the address.
        offset: how many bytes are here already.
        size: how many bytes the whole must have; a range of anything else is not continued.
        tag: the ETag of the version whose beginning is here (sent as ``If-Range``), if known.
        session: reused connections.
        timeout: seconds to connect, and between two pieces.

    Yields:
        Where the pieces start (``offset`` or 0), the version's strong ETag or ``None``, and the pieces.

    Raises:
        Interrupted: trying again may help.
        Unavailable: ``no_network``, ``not_found``, ``not_in_copy``, ``server_error``.
        InputError: ``bad_scheme``, ``wrong_size``.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        with _local(Path(url2pathname(parts.path)), offset, size) as pieces:
            yield offset, None, pieces
        return
    if parts.scheme not in ("http", "https"):
        sentence = "{url} cannot be read: an address starts with http, https or file."
        raise InputError("bad_scheme", sentence, url=url)
    with closing(_get(url, offset, tag, session, timeout)) as response:
        if offset and not _continues(response, offset, size):  # another version, or no Range: from the start
            offset = 0
            if response.status_code in (206, 416):
                response.close()
                response = _get(url, 0, None, session, timeout)
        with closing(response):
            _judge(response, url, size)
            etag = response.headers.get("ETag", "")
            yield offset, etag if etag.startswith('"') else None, _pieces(response, timeout)


def wrong_size(what: str, found: int, size: int) -> InputError:
    """The error of a file whose length is not the catalogue's."""
    return InputError(
        "wrong_size",
        "{what} has {found} bytes where the catalogue says {size}: it is not the file that was expected.",
        what=what,
        found=found,
        size=size,
    )


@contextmanager
def _local(path: Path, offset: int, size: int) -> Iterator[Iterator[bytes]]:
    if not path.is_file():
        raise Unavailable("not_in_copy", "The copy does not hold {file}.", file=str(path))
    if (found := path.stat().st_size) != size:
        raise wrong_size(str(path), found, size)
    with path.open("rb") as handle:
        handle.seek(offset)
        yield iter(lambda: handle.read(CHUNK), b"")


def _get(
    url: str, offset: int, tag: str | None, session: requests.Session, timeout: tuple[float, float]
) -> requests.Response:
    headers = {"Accept-Encoding": "identity"}  # sizes and ranges are then those of the file itself
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if tag:
            headers["If-Range"] = tag
    try:
        return session.get(url, headers=headers, stream=True, timeout=timeout)
    except requests.ReadTimeout as error:
        raise Interrupted(f"no answer within {timeout[1]:g} s") from error
    except requests.exceptions.SSLError as error:
        raise _server_error(url, "its certificate is not trusted") from error
    except (requests.ConnectionError, requests.Timeout) as error:
        if error.args and isinstance(error.args[0], ProtocolError):
            raise Interrupted("the connection was closed") from error
        sentence = "{host} cannot be reached: check the network, or use --from with a copy."
        raise Unavailable("no_network", sentence, host=urlsplit(url).netloc) from error
    except requests.RequestException as error:  # too many redirections, a redirection to another scheme, ...
        raise _server_error(url, str(error)) from error


def _continues(response: requests.Response, offset: int, size: int) -> bool:
    expected = f"bytes {offset}-{size - 1}/{size}"
    return response.status_code == 206 and response.headers.get("Content-Range") == expected


def _judge(response: requests.Response, url: str, size: int) -> None:
    status = response.status_code
    if status in (404, 410):
        sentence = "There is nothing at {url} any more; a newer EOGen may know, and --from takes a copy."
        raise Unavailable("not_found", sentence, url=url)
    if status in _AGAIN:
        raise Interrupted(f"the server answered {status}")
    if status not in (200, 206):
        raise _server_error(url, f"the server answered {status}")
    length = response.headers.get("Content-Length", "")
    whole = status == 200 and "Content-Encoding" not in response.headers
    if whole and length.isdigit() and int(length) != size:
        raise wrong_size(url, int(length), size)


def _pieces(response: requests.Response, timeout: tuple[float, float]) -> Iterator[bytes]:
    try:
        yield from response.iter_content(CHUNK)
    except requests.exceptions.ChunkedEncodingError as error:
        raise Interrupted("the connection was closed") from error
    except requests.ConnectionError as error:  # requests reports a time-out while reading as this
        raise Interrupted(f"nothing more came within {timeout[1]:g} s") from error


def _server_error(url: str, reason: str) -> Unavailable:
    return Unavailable("server_error", "{url} cannot be read: {reason}.", url=url, reason=reason)
