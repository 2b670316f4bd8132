"""Reviews: lists of pinned views, their notes, their order, and the file to hand on."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import streamlit as st

from eogen.standing import short_of
from eogen.verdicts import reviews
from eogen.verdicts.reviews import Pin, Review
from pages.kit import export
from pages.kit.address import choose
from pages.kit.pin import labels
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.results import overview, review_html, runs


def show(t: Words) -> None:
    """Draw the reviews (``?review=``)."""
    st.markdown(t("results.reviews.lead"))
    st.caption(t("results.reviews.how"))
    known = {review.id: review for review in reviews.reviews()}
    _new(t)
    if not known:
        st.info(t("results.reviews.none"), icon=":material/keep:")
        return
    name = choose(
        st.selectbox, t("results.reviews.which"), list(known), name="review", default=next(iter(known)),
        format_func=labels(known.values(), t).get,
    )  # fmt: skip
    review = known[name]
    held = reviews.pins(review.id)
    if not held:
        st.caption(t("results.reviews.empty"))
    for place, pin in enumerate(held):
        _pin(t, pin, first=place == 0, last=place == len(held) - 1)
    with_targets = st.toggle(t("results.reviews.targets"), key="results_review_targets")
    made = export.page(f"eogen-{_slug(review.title)}", partial(whole, t, review, origin(), with_targets))
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            t("results.reviews.get"), made.content, made.name, "text/html", on_click="ignore",
            key="results_review_file", icon=":material/description:",
        )  # fmt: skip
        export.link(t, key="results_review")
    st.caption(t("results.reviews.export_note"))


def _new(t: Words) -> None:
    with (
        st.expander(t("results.reviews.new")),
        st.form("results_new_review", border=False, clear_on_submit=True),
    ):
        title = st.text_input(t("results.reviews.name"), max_chars=200)
        if st.form_submit_button(t("results.reviews.create")):
            st.session_state.pop("review", None)
            st.query_params["review"] = reviews.create(title).id
            st.rerun()


def _pin(t: Words, pin: Pin, *, first: bool, last: bool) -> None:
    """Draw one pin: pictures beside its note and what can be done with it."""
    with st.container(border=True, key=f"pin_{pin.pin}"):
        pictures = reviews.pictures(pin.pin)
        st.html(f'<h2 class="eo-pin">{escape(pin.title)}</h2>')
        st.caption(t("results.reviews.pinned", date=pin.time, version=pin.version, n=len(pictures)))
        with st.container(horizontal=True, gap="small"):
            for picture in pictures:
                st.image(picture.content, alt=picture.alt or t("pin.view"), width=230)
        note = st.text_area(
            t("results.reviews.note"), pin.note, key=f"note_{pin.pin}", max_chars=4000, height=90
        )
        with st.container(horizontal=True, gap="small"):
            _acts(t, pin, note, first=first, last=last)


def _acts(t: Words, pin: Pin, note: str, *, first: bool, last: bool) -> None:
    """Draw what can be done with a pin; each is a row of its own in the database."""
    if st.button(t("results.reviews.save"), key=f"save_{pin.pin}", disabled=note.strip() == pin.note):
        reviews.edit(pin, note=note)
        st.toast(t("results.reviews.saved"))
        st.rerun()
    st.link_button(t("results.reviews.open"), f"{origin()}{pin.url}", icon=":material/open_in_new:")
    for key, by, still, icon in (("up", -1, first, "arrow_upward"), ("down", 1, last, "arrow_downward")):
        label = t(f"results.reviews.{key}")
        if st.button(label, key=f"{key}_{pin.pin}", disabled=still, icon=f":material/{icon}:"):
            reviews.move(pin, by)
            st.rerun()
    if st.button(t("results.reviews.remove"), key=f"remove_{pin.pin}", icon=":material/delete:"):
        reviews.edit(pin, removed=True)
        st.rerun()


def origin() -> str:
    """Return the address of this server without a path; nothing where it is not known."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""


def whole(t: Words, review: Review, server: str, with_targets: bool) -> str:
    """Return the file of a review."""
    pins = [(pin, reviews.pictures(pin.pin)) for pin in reviews.pins(review.id)]
    table = None
    if with_targets:
        reports = [run.report for run in runs.committed()]
        goals = [(r, f) for r in reports for f in r.figures if short_of(f) is not None]
        table = overview.listed(t, goals)
    return review_html.render(t, review, pins, server, table)


def _slug(title: str) -> str:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in title.lower())
    return "-".join(part for part in kept.split("-") if part)[:60] or "review"
