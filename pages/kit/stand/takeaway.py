"""Take this view home: a QR code that a visitor's phone can open."""

from __future__ import annotations

import functools
import ipaddress
import os
import socket
from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from pages.kit.export import qr, view_url
from pages.kit.style import escape
from pages.kit.words import Words

#: Where visitors' phones reach the app, e.g. the lab's server; set by whoever runs the stand.
VARIABLE = "EOGEN_PUBLIC_URL"


@functools.lru_cache(maxsize=1)
def _own_address() -> str | None:
    """Return this machine's address on the local network, or None; no packet is sent.

    A datagram socket that is told where it would send picks the interface it would leave by; 192.0.2.1 is the address
    that RFC 5737 keeps for documents.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:  # no network at all
            return None
        found = str(probe.getsockname()[0])
    return None if ipaddress.ip_address(found).is_loopback else found


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")


def base() -> str | None:
    """Return the address at which phones reach the app, without a path; None where they cannot.

    In this order: what ``EOGEN_PUBLIC_URL`` says; the address the page was opened at, unless it is loopback; the
    machine's own on the local network, when the server listens beyond loopback.
    """
    told = os.environ.get(VARIABLE, "").strip().rstrip("/")
    if urlsplit(told).scheme in ("http", "https"):
        return told
    here = urlsplit(st.context.url or "")
    if here.hostname and not _loopback(here.hostname):
        return f"{here.scheme}://{here.netloc}"
    bound = str(st.get_option("server.address") or "::")
    if _loopback(bound):
        return None
    own = _own_address() if bound in ("0.0.0.0", "::") else bound
    return f"http://{own}:{here.port or st.get_option('server.port')}" if own else None


def public_url(words: Words) -> str | None:
    """Return the address of this view for a phone, or None where phones cannot reach the app."""
    if (start := base()) is None:
        return None
    view, told = urlsplit(view_url(words)), urlsplit(start)
    return urlunsplit((told.scheme, told.netloc, f"{told.path}{view.path}", view.query, ""))


def button(words: Words) -> None:
    """Draw the button that shows the QR code of the view as it is now."""
    if st.button(words("stand.take.button"), icon=":material/qr_code_2:", key="stand_take"):
        st.dialog(words("stand.take.title"))(_shown)(words)


def _shown(words: Words) -> None:
    url = public_url(words)
    if url is None:
        st.markdown(words("stand.take.unreachable"))
        return
    st.markdown(words("stand.take.how"))
    alt = escape(words("kit.export.qr_alt", url=url))
    st.html(f'<div class="eo-qr"><img alt="{alt}" src="{escape(qr(url))}"></div>')
