"""Run the app and its browser where there is no network at all, play one round, and say in JSON what was asked for.

Started by test_app.py inside a network namespace of its own (``unshare -n``), in which only loopback exists.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import sys
import tempfile
from pathlib import Path

from tests.browser.harness import REPOSITORY, engine, settle, start, stop, watch

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def raise_loopback() -> None:
    """Do ``ip link set lo up`` without ``ip``, which small machines lack."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack("16xh14x", fcntl.ioctl(s, SIOCGIFFLAGS, request))
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def main() -> None:
    raise_loopback()
    names = [name for _, name in socket.if_nameindex()]
    server = start(REPOSITORY / "app.py", Path(tempfile.mkdtemp()) / "log")
    try:
        with engine() as browser:
            context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR")
            page = context.new_page()
            seen = watch(context, page)
            page.goto(server.url)
            page.locator(".st-key-door_landcover a").click(timeout=60_000)
            page.locator("[class*=st-key-choose_] button").first.click(timeout=60_000)
            page.locator(".eogen-map.swipe[data-ready]").wait_for(timeout=60_000)
            settle(page)
            drawn = page.locator(".eogen-map.swipe img.picture").evaluate_all(
                "l => l.map(e => e.naturalWidth)"
            )
            page.goto(f"{server.url}/landcover?view=expert&lang=en")
            page.locator(".eogen-map.layers[data-ready]").nth(1).wait_for(timeout=60_000)
            page.locator(".js-plotly-plot .xtitle").first.wait_for(timeout=60_000)
            settle(page, 60)
    finally:
        stop(server)
    said = {"interfaces": names, "external": seen.external, "errors": seen.errors, "drawn": drawn}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
