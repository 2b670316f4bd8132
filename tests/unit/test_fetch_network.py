"""Fetch where there is no network: said once, and at once."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
import requests

from eogen.catalog import fetch as fetching
from eogen.errors import Unavailable
from tests.unit.test_fetch import _quick, get, remote

__all__ = ["_quick"]


def test_without_network_no_address_is_asked_twice_and_most_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    bring = fetching.download

    def unplugged(_: requests.Session, url: str, **_more: object) -> requests.Response:
        asked.append(url)
        raise requests.ConnectionError("no route")

    def one_then_when_it_is_known(*given: object, stop: threading.Event, **more: object) -> None:
        assert not asked or stop.wait(60), "the others were not told to stop"
        bring(*given, stop=stop, **more)

    monkeypatch.setattr(requests.Session, "get", unplugged)
    monkeypatch.setattr(fetching, "download", one_then_when_it_is_known)
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        get(tmp_path, *[remote(f"http://host/{n}", path=f"{n}.bin") for n in range(50)], workers=1)
    assert caught.value.code == "no_network"
    assert 1 <= len(asked) == len(set(asked)) <= 2  # the second had begun already
    assert not (tmp_path / "room").exists()  # not even an empty folder


def test_a_port_where_nobody_listens_is_no_network(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # ours, so that no other program listens there meanwhile
        with pytest.raises(Unavailable) as caught:
            get(tmp_path, remote(f"http://127.0.0.1:{held.getsockname()[1]}/a.bin"))
    assert caught.value.code == "no_network"


def test_an_unknown_host_is_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **_more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unavailable) as caught:
        get(tmp_path, remote("http://host.invalid/a.bin"))
    assert caught.value.code == "no_network"
