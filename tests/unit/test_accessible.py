"""What every page keeps to for who reads it by ear or by keys, told from the code: also where no browser test goes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[2] / "pages"
FILES = sorted(PAGES.rglob("*.py"))


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a method of Streamlit, of ``st`` or of a container."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def deeper(source: str) -> list[str]:
    """Return where a file writes a heading below the second level."""
    tree = ast.parse(source)
    found = [f"line {node.lineno}: subheader" for node in calls(tree, "subheader")]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [
                f"line {node.lineno}: {one}" for one in re.findall(r"(?m)^#{3,6} |<h[3-6][ >]", node.value)
            ]
    return found


def unwrapped(source: str) -> list[str]:
    """Return where a file shows code whose long lines only a pointer could scroll."""
    drawn = (
        node for node in calls(ast.parse(source), "code") if getattr(node.func.value, "id", "") != "sheet"
    )
    return [
        f"line {node.lineno}" for node in drawn if not any(word.arg == "wrap_lines" for word in node.keywords)
    ]


@pytest.mark.parametrize("check", [deeper, unwrapped])
def test_no_file_of_the_pages(check):
    assert len(FILES) > 100
    wrong = {
        str(path.relative_to(PAGES)): found for path in FILES if (found := check(path.read_text("utf-8")))
    }
    assert wrong == {}, "a page has a title and parts, one level deep; code wraps"


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (deeper, "left.subheader('x')"),
        (deeper, "st.markdown(f'### {x}')"),
        (deeper, "st.html('<p>a</p><h3 class=b>')"),
        (unwrapped, "st.code('x', language='bash')"),
    ],
)
def test_such_a_file_would_be_found(check, source):
    assert check(source)
    assert not check("st.header('x')\nst.code('x', wrap_lines=True)\nst.html('<h2>')")
