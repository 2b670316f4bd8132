"""Fixtures of the browser tests; see harness.py."""

from tests.browser.harness import bare, browser, open_page, pytest_runtest_makereport, serve

__all__ = ["bare", "browser", "open_page", "pytest_runtest_makereport", "serve"]
