"""The server dies in the middle of a visit and is started again: the visitor's link shows the same view."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.browser.harness import REPOSITORY, free_port, settle

pytestmark = pytest.mark.browser


def serve(port, log):
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=out, stderr=out, env=os.environ | {"EOGEN_WARMUP": "0"}
        )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return process
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(log.read_text("utf-8", "replace"))


def view(page):
    """What the visitor sees of their choices: the title, the language, and which choices are pressed."""
    page.locator("h1").first.wait_for(timeout=60_000)
    settle(page, 60)
    pressed = page.locator("[data-testid*=segmented_controlActive], [aria-checked=true]")
    return (
        page.locator("h1").first.inner_text(),
        page.evaluate("document.documentElement.lang"),
        sorted(pressed.all_inner_texts()),
    )


def test_the_link_restores_the_view_after_a_kill(open_page, tmp_path):
    port, log = free_port(), tmp_path / "log.txt"
    process = serve(port, log)
    try:
        page = open_page(f"http://127.0.0.1:{port}/landcover?lang=fr&topic=season")
        first = view(page)
        page.get_by_text("EN", exact=True).first.click()
        page.wait_for_url("**lang=en**")
        chosen, link = view(page), page.url
        assert chosen != first
        process.kill()
        process.wait(10)
        process = serve(port, log)
        page.goto(link)
        assert view(page) == chosen
        assert page.url == link
    finally:
        process.kill()
        process.wait(10)
