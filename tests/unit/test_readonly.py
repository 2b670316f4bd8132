"""Read-only mode, and what a link may carry."""

from __future__ import annotations

import pytest

from eogen.errors import InputError
from eogen.readonly import is_read_only, refuse_if_read_only
from pages.kit.export import shared
from pages.kit.words import LANGUAGES, load


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("yes", True), ("", False), ("0", False), ("No", False)]
)
def test_the_variable(value, expected, monkeypatch):
    monkeypatch.setenv("EOGEN_READ_ONLY", value)
    assert is_read_only() is expected


@pytest.mark.parametrize("action", ["verdict", "review", "upload", "fetch"])
def test_what_would_write_is_refused_with_a_sentence(action, monkeypatch):
    monkeypatch.delenv("EOGEN_READ_ONLY", raising=False)
    refuse_if_read_only(action)
    monkeypatch.setenv("EOGEN_READ_ONLY", "1")
    with pytest.raises(InputError) as caught:
        refuse_if_read_only(action)
    for lang in LANGUAGES:
        said = load(lang)(f"errors.{caught.value.code}", **caught.value.facts)
        assert "EOGEN_READ_ONLY" in said
        assert action in said


def test_nothing_is_fetched_on_a_read_only_machine(monkeypatch):
    from typer.testing import CliRunner

    from eogen.cli import app

    monkeypatch.setenv("EOGEN_READ_ONLY", "1")
    found = CliRunner().invoke(app, ["fetch", "--sample"])
    assert found.exit_code != 0
    assert "EOGEN_READ_ONLY" in found.output + str(found.exception)


@pytest.mark.parametrize(
    "name", ["token", "access_token", "api_key", "password", "session", "sig", "utm_source", "code", "X-Auth", "a b",
             "A", "x" * 40, "jwt", "<b>", "__proto__"],
)  # fmt: skip
def test_a_link_carries_no_secret(name):
    assert not shared(name)


def test_a_link_carries_the_apps_own_parameters():
    import re
    from pathlib import Path

    root = Path(__file__).resolve().parents[2] / "pages"
    text = "\n".join(path.read_text("utf-8") for path in root.rglob("*.py"))
    used = set(re.findall(r'(?:whole\(|query_params\.get\(|choose\([^)]*?name=)"([^"]+)"', text))
    assert {"lang", "view", "panel"} & used
    assert [name for name in used if not shared(name)] == []
