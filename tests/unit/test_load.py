"""The visitors without a browser, the bounds of the load benchmark, and the numbers the server says of itself."""

from __future__ import annotations

import pytest
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import load, methods
from benchmarks.visitors import Visitor, key_of, others, value_of
from pages.kit import metrics, queue
from pages.kit.rooms import ROOMS


def menu():
    element = Element()
    group = element.button_group
    group.id = "$$ID-0a1b-lang"
    for name in ("FR", "EN"):
        group.options.add(content=name)
    group.default.append(0)
    return element


def told(element):
    message = ForwardMsg()
    message.delta.new_element.CopyFrom(element)
    return message


def test_a_visitor_says_of_a_widget_what_a_browser_would():
    proto = menu().button_group
    assert key_of(proto.id) == "lang"
    assert list(value_of("button_group", proto).string_array_value.data) == ["FR"]
    assert [list(s.string_array_value.data) for s in others("button_group", proto)] == [["FR"], ["EN"]]
    slider = Element().slider
    slider.id, slider.min, slider.max, slider.step = "a", 0, 10, 2
    slider.default.append(4)
    moved = [s.double_array_value.data[0] for s in others("slider", slider)]
    assert min(moved) == 0
    assert max(moved) == 10
    assert all(v % 2 == 0 for v in moved)


def test_what_a_visitor_chose_is_kept_until_the_server_sets_it():
    one = Visitor("http://127.0.0.1:1", "rain")
    one._delta(told(menu()))
    kind, proto = one.widgets["lang"]
    one.states[proto.id] = others(kind, proto)[1]
    one._delta(told(menu()))
    assert list(one.states[proto.id].string_array_value.data) == ["EN"]
    again = menu()
    again.button_group.set_value = True
    again.button_group.raw_values.append("FR")
    one._delta(told(again))
    assert list(one.states[proto.id].string_array_value.data) == ["FR"]


def test_an_error_on_the_page_is_no_success():
    one = Visitor("http://127.0.0.1:1", "rain")
    element = Element()
    element.exception.message = "deep inside"
    one._delta(told(element))
    assert one.failed == ["deep inside"]


def test_all_rooms_are_visited_in_both_views_and_every_registry_is_measured():
    assert set(load.mix(load.VIEWS)) == {(room, view) for room in ROOMS for view in ("public", "expert")}
    assert {*methods.ROOMS, "landcover"} == set(ROOMS), "landcover has a benchmark of its own"


def test_a_room_out_of_time_says_what_it_left_out(monkeypatch):
    calls = []
    monkeypatch.setitem(methods.ROOMS, "canopy", lambda: ((n, lambda n=n: calls.append(n)) for n in "ab"))
    absent: list[str] = []
    assert [row.name for row in methods.of_room("canopy", True, absent)] == ["canopy: a", "canopy: b"]
    assert calls == ["a", "a", "b", "b"]
    assert not absent
    monkeypatch.setattr(methods, "QUICK", -1.0)
    assert methods.of_room("canopy", True, absent) == []
    assert absent == ["canopy: the time was over before a, b"]


@pytest.mark.parametrize("asked", [None, ["eogen_jobs"], ["active_sessions"]])
def test_the_families_asked_for_are_told(monkeypatch, asked):
    own = queue.Queue(1)
    own.enter(queue.Ticket("somebody"))
    monkeypatch.setattr(queue, "HEAVY", own)
    found = metrics.Provider().get_stats(asked)
    assert set(found) == ({*metrics.FAMILIES} if asked is None else {*asked} & {*metrics.FAMILIES})
    for name, stats in found.items():
        assert all(one.family_name == name for one in stats)
    if "eogen_jobs" in found:
        lines = [one.to_metric_str() for one in found["eogen_jobs"]]
        assert lines == ['eogen_jobs{state="running"} 1', 'eogen_jobs{state="waiting"} 0']
