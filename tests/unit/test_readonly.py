"""Read-only mode, and what a link may carry."""

from __future__ import annotations

import pytest

from eogen.errors import InputError
from eogen.readonly import is_read_only, refuse_if_read_only
from pages.kit.export import shared
from pages.kit.words import LANGUAGES, load
from tests import postgres
from tests.pages.reading import PATIENCE


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


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """A database's file on a read-only machine; nothing is at it."""
    from eogen.verdicts import database

    monkeypatch.setenv("EOGEN_READ_ONLY", "1")
    path = tmp_path / "deep" / "v.sqlite"
    yield path
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def at(request, shown):
    """The address of a database on a read-only machine: of a file that is not there, or of an empty PostgreSQL."""
    return f"sqlite:///{shown}" if request.param == "sqlite" else postgres.fresh()


def relations(at):
    """Return what there is in a PostgreSQL beside its own tables, asked without the app."""
    import sqlalchemy as sa

    engine = sa.create_engine(sa.make_url(at).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        made = connection.execute(
            sa.text(
                "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
                "WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg_toast%'"
            )
        ).scalars()
        found = sorted(made)
    engine.dispose()
    return found


def test_a_database_that_is_not_there_answers_as_empty_and_is_not_made(shown):
    from eogen.verdicts import campaigns, load

    at = f"sqlite:///{shown}"
    assert load(database=at) == []
    assert campaigns.campaigns(at) == []
    with pytest.raises(InputError) as caught:
        campaigns.campaign("none", at)
    assert caught.value.code == "no_campaign"
    assert not shown.parent.exists()


def test_a_file_without_tables_answers_as_empty_and_stays_as_it_is(shown):
    from eogen.verdicts import load

    shown.parent.mkdir()
    shown.touch()
    assert load(database=f"sqlite:///{shown}") == []
    assert shown.read_bytes() == b""


def test_a_postgresql_without_tables_answers_as_empty_and_stays_so(shown):
    from eogen.verdicts import campaigns, load, reviews, store
    from tests.unit.test_verdicts import verdict

    at = postgres.fresh()
    assert load(database=at) == []
    assert campaigns.campaigns(at) == []
    assert reviews.reviews(at) == []
    for act in (lambda: store(verdict(), at), lambda: reviews.create("More", at)):
        with pytest.raises(InputError) as caught:
            act()
        assert caught.value.code == "read_only"
    assert relations(at) == []


def test_a_postgresql_whose_account_may_only_read_is_read(shown, monkeypatch):
    """The server may refuse for itself: an account with no right but SELECT shows everything."""
    import sqlalchemy as sa

    from eogen.verdicts import database, load, store
    from tests.unit.test_verdicts import verdict

    at = postgres.fresh()
    monkeypatch.delenv("EOGEN_READ_ONLY")
    store(verdict(item="kept"), at)
    before, made = load(database=at), relations(at)
    with database.writing(at) as connection:
        for order in ("CREATE ROLE looker LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker"):
            connection.execute(sa.text(order))
    as_looker = sa.make_url(at).set(username="looker").render_as_string(hide_password=False)
    monkeypatch.setenv("EOGEN_READ_ONLY", "1")
    assert load(database=as_looker) == before
    assert relations(at) == made


def test_verdicts_are_read_and_none_is_added(at, monkeypatch):
    from eogen.verdicts import campaigns, load, reviews, store, turns
    from tests.judged import PLAIN
    from tests.unit.test_verdicts import verdict

    monkeypatch.delenv("EOGEN_READ_ONLY")
    store(verdict(item="kept"), at)
    made = campaigns.create("Open", PLAIN, n=3, repeats=0, database=at)
    review = reviews.create("Open", at)
    before = load(database=at)
    monkeypatch.setenv("EOGEN_READ_ONLY", "1")
    assert load(database=at) == before
    assert campaigns.campaigns(at) == [made]
    assert reviews.reviews(at) == [review]
    turn = turns.place(made, "AB", campaigns.cases(made.name, at), at).coming[0]
    for act in (
        lambda: store(verdict(item="more"), at),
        lambda: campaigns.create("More", PLAIN, n=3, database=at),
        lambda: turns.judge(made, "AB", turn, "unsure", database=at),
        lambda: turns.undo(made, "AB", at),
        lambda: reviews.create("More", at),
        lambda: reviews.add(review.id, "/?lang=fr", "title", "", [], at),
    ):
        with pytest.raises(InputError) as caught:
            act()
        assert caught.value.code == "read_only"
    monkeypatch.delenv("EOGEN_READ_ONLY")
    assert load(database=at) == before
    assert campaigns.campaigns(at) == [made]
    assert reviews.pins(review.id, at) == []
    store(verdict(item="more"), at)
    assert len(load(database=at)) == len(before) + 1


def test_a_reading_connection_cannot_write(at, monkeypatch):
    import sqlalchemy as sa

    from eogen.verdicts import database, store
    from tests.unit.test_verdicts import verdict

    monkeypatch.delenv("EOGEN_READ_ONLY")
    store(verdict(), at)
    monkeypatch.setenv("EOGEN_READ_ONLY", "1")
    with pytest.raises(InputError, match=r"read-?only"), database.reading(at) as connection:
        connection.execute(sa.text("CREATE TABLE more (a INTEGER)"))


def test_a_database_of_another_version_is_not_taken_for_an_empty_one(at, monkeypatch):
    import sqlalchemy as sa

    from eogen.verdicts import database, load, store
    from tests.unit.test_verdicts import verdict

    monkeypatch.delenv("EOGEN_READ_ONLY")
    store(verdict(), at)
    with database.writing(at) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    monkeypatch.setenv("EOGEN_READ_ONLY", "1")
    with pytest.raises(InputError) as caught:
        load(database=at)
    assert caught.value.code == "verdict_unreadable"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_desk_says_it_before_a_case_is_judged(lang, shown, monkeypatch):
    from streamlit.testing.v1 import AppTest

    from tests.real import REPOSITORY

    monkeypatch.setenv("EOGEN_DB", f"sqlite:///{shown}")
    for value, said in (("1", True), ("", False)):
        monkeypatch.setenv("EOGEN_READ_ONLY", value)
        at = AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=PATIENCE)
        at.query_params["lang"] = lang
        at.switch_page("pages/verdicts.py")
        at.run()
        assert not at.exception
        assert (load(lang)("robust.read_only") in [info.value for info in at.info]) is said
        assert at.button(key="verdicts_new").disabled is said
    assert shown.exists()
