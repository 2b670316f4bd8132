"""The stand's full screen: a browser in kiosk mode, which refuses what no page can refuse (menus, tabs, gestures)."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from eogen.cli.frame import say

#: What the stand's address asks of the app.
QUERY = "stand=1&lang=fr"
BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    *("microsoft-edge", "brave-browser"),
)


def command(browser: str, url: str, profile: str) -> list[str]:
    """Return the command that opens ``url`` full screen, with a profile of its own: no history, no bookmark, no bubble.

    Args:
        browser: path of a Chromium or one of its kin.
        url: of the stand.
        profile: an empty folder.
    """
    found = [browser, "--kiosk", f"--app={url}", f"--user-data-dir={profile}", "--no-first-run"]
    found += [
        "--no-default-browser-check",
        "--noerrdialogs",
        "--disable-session-crashed-bubble",
        "--disable-infobars",
    ]
    found += ["--disable-pinch", "--overscroll-history-navigation=0", "--disable-translate", "--lang=fr"]
    found += [
        "--disable-features=Translate,TouchpadOverscrollHistoryNavigation",
        "--disable-background-networking",
    ]
    found += ["--disable-component-update", "--password-store=basic"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # Chromium refuses to run as root with its sandbox
        found.append("--no-sandbox")
    return found


def open_full(url: str) -> subprocess.Popen[bytes] | None:
    """Open the stand's screen in the first Chromium found; without one say what to do, and return None."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        say(f"No Chromium or Chrome was found: open {url} in a browser and press F11 for the full screen.")
        return None
    profile = tempfile.mkdtemp(prefix="eogen-stand-")
    atexit.register(shutil.rmtree, profile, ignore_errors=True)
    say(f"The stand is on the screen ({Path(browser).name}); Ctrl-C here or Alt+F4 there ends it.")
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command(browser, url, profile), stdout=quiet, stderr=quiet)
