"""Open a page of the whole app as a visitor with an address would, and read every text that is shown."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

from streamlit.testing.v1 import AppTest

from pages.kit.words import load
from tests.real import REPOSITORY

#: Seconds that a page may take before it counts as hung. Nothing is judged by it: a busy machine takes its time.
PATIENCE = 600
#: Fields of Streamlit's messages whose text is shown or read aloud.
SHOWN = ("body", "label", "help", "options", "alt", "placeholder", "content", "text")
KEYS = frozenset(load("fr"))
_FAULTS = {
    "a plain space before ? ! ; : » %": re.compile(r"[^\s] [?!;:»%](?=\s|$)"),
    "a plain space after «": re.compile(r"« "),
    "nothing before ? ! ;": re.compile(r"[^\W\d][?!;](?=\s|$)"),
    "a straight apostrophe": re.compile(r"[^\W\d]'[^\W\d]"),
}


def visit(page: str = "landcover", **address: str) -> AppTest:
    """Run the app as the first request of a new session with this address would."""
    at = AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=PATIENCE)
    for name, value in address.items():
        at.query_params[name] = value
    if page != "home":
        at.switch_page(f"pages/{page}.py")
    return at.run()


def address(at: AppTest) -> dict[str, str]:
    """Return the parameters of the address after the run."""
    return {name: value if isinstance(value, str) else value[0] for name, value in at.query_params.items()}


def bodies(at: AppTest) -> str:
    """Return the HTML of the page without its style sheets."""
    return "\n".join(e.proto.body for e in at.get("html") if not e.proto.body.startswith("<style"))


def without_pictures(body: str) -> str:
    """Return HTML without the contents of its pictures, in which chance may spell any word."""
    return re.sub(r"base64,[A-Za-z0-9+/=]*", "", body)


def boxes(at: AppTest) -> list[str]:
    """Return the text of the error boxes: bad input, something missing, our fault."""
    return [plain(e.proto.body) for e in at.get("html") if 'class="eo-box' in e.proto.body[:40]]


def plain(body: str) -> str:
    """Return the text of some HTML, what is read aloud included; code and model cards (English) are left out."""
    body = re.sub(r"<(style|code)\b.*?</\1>|<dl class=\"eo-card.*?</dl>", " ", body, flags=re.S)
    said = re.findall(r'(?:alt|title|aria-label)="([^"]*)"', body)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", "\n", body), *said]))


def texts(at: AppTest) -> list[str]:
    """Return every text the visitor reads, element by element."""
    return [text for text in _texts(at.main) if text.strip()]


def says(shown: list[str], lang: str, key: str) -> bool:
    """Return whether one of the texts is the sentence of a key, whatever fills its places."""
    parts = re.split(r"\{[^{}]*\}", load(lang).text(key))
    sentence = re.compile(".+".join(map(re.escape, parts)), re.S)
    return any(sentence.fullmatch(text) for text in shown)


def _texts(block: object) -> Iterator[str]:
    for child in getattr(block, "children", {}).values():
        proto = getattr(child, "proto", None)
        if child.type in ("html", "code"):
            yield plain(proto.body) if child.type == "html" else ""
        elif child.type == "bidi_component" and proto.json:
            yield from _strings(json.loads(proto.json))
        elif child.type == "plotly_chart":
            layout = json.loads(proto.spec)["layout"]
            yield from (layout.get(axis, {}).get("title", {}).get("text", "") for axis in ("xaxis", "yaxis"))
            yield proto.alt
        elif child.type == "popover":
            yield proto.popover.label
        elif proto is not None:
            for name in SHOWN:
                value = getattr(proto, name, "")
                for each in [value] if isinstance(value, str) else value:
                    yield re.sub(r"`[^`]*`", "", each if isinstance(each, str) else each.content)
        yield from _texts(child)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str) and not value.startswith("data:"):
        yield value
    if isinstance(value, dict):  # "at" is filled in the browser
        value = [inner for name, inner in value.items() if name != "at"]
    for inner in value if isinstance(value, list) else ():
        yield from _strings(inner)


def raw(shown: list[str]) -> list[str]:
    """Return what no visitor may see: keys of words, unfilled places, markup that was not rendered."""
    found = []
    for text in shown:
        found += [token for token in re.findall(r"\w+(?:\.\w+)+", text) if token in KEYS]
        found += re.findall(r"\{\w*(?::[^{}]*)?\}", text)
    return found


def faults_of_typography(shown: list[str]) -> list[tuple[str, str]]:
    """Return the faults of French typography, each with the text it is in."""
    return [(name, text) for text in shown for name, fault in _FAULTS.items() if fault.search(text)]
