"""Visitors without a browser: what Streamlit's page says over its websocket, and nothing of what it draws.

A visitor holds what a browser would: the value of every widget it was sent, the address, and the hashes of the large
messages it keeps, so that the server does for it what it does for a browser and no more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

Result = TypeVar("Result")
#: Widgets whose value a visitor can change, as the field of an element.
CHANGED = ("button_group", "slider", "selectbox", "checkbox", "number_input")
#: Seconds to wait for one run of the script.
PATIENCE = 120.0


def value_of(kind: str, proto: Any) -> WidgetState:
    """Return the state a browser sends of a widget that nobody has touched, or whose value the server has set."""
    state = WidgetState(id=proto.id)
    if kind == "button_group":
        names = [option.content for option in proto.options]
        chosen = list(proto.raw_values) if proto.set_value else [names[i] for i in proto.default]
        state.string_array_value.data.extend(chosen)
    elif kind == "slider":
        if proto.options:
            chosen = (
                list(proto.raw_value) if proto.set_value else [proto.options[int(i)] for i in proto.default]
            )
            state.string_array_value.data.extend(chosen)
        else:
            state.double_array_value.data.extend(proto.value if proto.set_value else proto.default)
    elif kind == "selectbox":
        if proto.set_value and proto.raw_value:
            state.string_value = proto.raw_value
        elif proto.HasField("default") and proto.options:
            state.string_value = proto.options[proto.default]
    elif kind == "checkbox":
        state.bool_value = proto.value if proto.set_value else proto.default
    elif kind == "number_input":
        state.double_value = proto.value if proto.set_value else proto.default
    return state


def others(kind: str, proto: Any) -> list[WidgetState]:
    """Return the states that a visitor may choose: every option of a menu, the ends and middle of a slider."""
    found = []

    def told(**value: Any) -> None:
        state = WidgetState(id=proto.id)
        for name, given in value.items():
            if isinstance(given, list):
                getattr(state, name).data.extend(given)
            else:
                setattr(state, name, given)
        found.append(state)

    if kind == "button_group":
        for option in proto.options:
            told(string_array_value=[option.content])
    elif kind == "selectbox":
        for option in proto.options:
            told(string_value=option)
    elif kind == "slider" and proto.options:
        for option in proto.options:
            told(string_array_value=[option] * len(proto.default))
    elif kind == "slider":
        for turn in range(8):
            at = proto.min + round((proto.max - proto.min) * turn / 7 / proto.step) * proto.step
            told(double_array_value=[min(at, proto.max)] * len(proto.default))
    elif kind == "checkbox":
        told(bool_value=True)
        told(bool_value=False)
    elif kind == "number_input":
        for turn in range(4):
            told(double_value=min(proto.min + turn * proto.step, proto.max))
    return found


@dataclass
class Visitor:
    """One session: ``async with Visitor(url, page, query) as one: await one.act("lang", 1)``.

    Attributes:
        url: of the app.
        page: its name in the address, ``""`` for home.
        query: of the address, kept as the server changes it.
        cookies: sent with the websocket, ``name=value; …``.
        session: its name on the server, once open.
        widgets: key -> (kind, its message), as last sent.
        states: widget id -> what a browser would say of it.
    """

    url: str
    page: str
    query: str = ""
    cookies: str = ""
    session: str = ""
    widgets: dict[str, tuple[str, Any]] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    kept: dict[str, None] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    received: int = 0

    async def __aenter__(self) -> Visitor:
        address = urlsplit(self.url)
        path = f"{address.path.rstrip('/')}/_stcore/stream"
        self.socket: ClientConnection = await connect(
            f"ws://{address.netloc}{path}",
            subprotocols=["streamlit"],
            additional_headers={"Cookie": self.cookies} if self.cookies else None,
            max_size=None,
            open_timeout=60,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()

    async def open(self) -> float:
        """Ask for the page; return the seconds until its script has ended."""
        return await self.run()

    async def act(self, key: str, turn: int) -> float:
        """Give the widget of that key its value number ``turn`` (counted round); return the run's seconds."""
        kind, proto = self.widgets[key]
        choices = others(kind, proto)
        self.states[proto.id] = choices[turn % len(choices)]
        return await self.run()

    async def run(self) -> float:
        """Ask for a rerun with the widgets as they are; return the seconds to the end of the script."""
        wish = BackMsg()
        wish.rerun_script.query_string = self.query
        wish.rerun_script.page_name = self.page
        wish.rerun_script.widget_states.widgets.extend(self.states.values())
        wish.rerun_script.cached_message_hashes.extend(self.kept)
        began = time.perf_counter()
        await self.socket.send(wish.SerializeToString())
        while True:
            data = await asyncio.wait_for(self.socket.recv(), PATIENCE)
            self.received += len(data)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "delta":
                self._delta(message)
            elif kind == "new_session":
                self.session = message.new_session.initialize.session_id
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return time.perf_counter() - began

    async def upload_to(self) -> str:
        """Return the address that a file dropped on the page is sent to."""
        wish = BackMsg()
        wish.file_urls_request.request_id = "one"
        wish.file_urls_request.file_names.append("a file")
        wish.file_urls_request.session_id = self.session
        await self.socket.send(wish.SerializeToString())
        while True:
            message = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(), PATIENCE))
            if message.WhichOneof("type") == "file_urls_response":
                return message.file_urls_response.file_urls[0].upload_url

    def _delta(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable and message.hash:
            self.kept[message.hash] = None
        if message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.failed.append(element.exception.message)
        if kind == "html" and 'class="eo-box fault"' in element.html.body:
            self.failed.append("an apology with an incident id")
        if kind not in CHANGED:
            return
        proto = getattr(element, kind)
        self.widgets[key_of(proto.id)] = (kind, proto)
        if proto.set_value or proto.id not in self.states:
            self.states[proto.id] = value_of(kind, proto)


def key_of(identity: str) -> str:
    """Return the key in Streamlit's identity of a widget, ``$$ID-<hash>-<key>``."""
    return identity.split("-", 2)[-1]


def finished(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to its end, in a thread: a browser driven by this one keeps a loop of its own running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def _once(url: str, page: str, query: str) -> float:
    async with Visitor(url, page, query) as one:
        return await one.open()


def visit(url: str, page: str, query: str) -> float:
    """Be one visitor: connect, ask for ``page``, wait until its script has ended, leave; return its seconds."""
    return finished(_once(url, page, query))
