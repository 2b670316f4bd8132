"""The server as it is committed: who can reach it, and what it lets in."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import psutil
import pytest

from tests.browser.harness import start, stop

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_said_of_safety():
    held = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    server = held["server"]
    assert server["address"] == "127.0.0.1"
    assert server["enableXsrfProtection"] is True
    assert server["enableCORS"] is True
    assert server["maxUploadSize"] <= 100
    assert server["enableStaticServing"] is False
    assert held["browser"]["gatherUsageStats"] is False
    assert held["client"]["showErrorDetails"] == "none"


def test_it_listens_on_this_machine_only(tmp_path):
    server = start(ROOT / "app.py", tmp_path / "log.txt", environment={"EOGEN_WARMUP": "0"})
    try:
        family = [
            psutil.Process(server.process.pid),
            *psutil.Process(server.process.pid).children(recursive=True),
        ]
        listening = {
            c.laddr.ip for p in family for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}
    finally:
        stop(server)


def test_every_upload_has_its_own_limit():
    for path in (ROOT / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "file_uploader":
                assert "max_upload_size" in {k.arg for k in node.keywords}, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("folder", ["pages", "eogen"])
def test_no_program_is_read_from_a_file(folder):
    """Pickles run code; eval and exec do; a shell does."""
    wrong = []
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text("utf-8")
        for pattern in (r"pickle\.loads?\(", r"allow_pickle=True", r"weights_only=False", r"(?<![\w.])eval\(",
                        r"(?<![\w.])exec\(", r"shell=True", r"os\.system\(", r"yaml\.load\("):  # fmt: skip
            wrong += [f"{path.relative_to(ROOT)}: {found}" for found in re.findall(pattern, text)]
    assert wrong == []
