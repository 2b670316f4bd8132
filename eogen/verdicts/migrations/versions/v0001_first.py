"""The first tables, and a lock on verdicts: the database itself refuses to change or remove one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "verdicts",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("item", sa.String(300), nullable=False),
        sa.Column("repeat", sa.Integer, nullable=False),
        sa.Column("room", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("scene", sa.String(200), nullable=False),
        sa.Column("thing", sa.String(200), nullable=False),
        sa.Column("method", sa.String(200), nullable=False),
        sa.Column("weights", sa.String(64), nullable=False),
        sa.Column("version", sa.String(60), nullable=False),
        sa.Column("reviewer", sa.String(40), nullable=False),
        sa.Column("answer", sa.String(40), nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("time", sa.String(40), nullable=False),
        sa.Column("undoes", sa.String(32), nullable=False),
        sa.Column("context", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("verdicts_of_a_campaign", "verdicts", ["campaign", "reviewer"])
    op.create_index("verdicts_of_a_room", "verdicts", ["room"])
    op.create_table(
        "campaigns",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("room", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
        sa.Column("sides", sa.Boolean, nullable=False),
        sa.Column("shuffled", sa.Text, nullable=False),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("how", sa.String(20), nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("population", sa.Integer, nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
        sa.Column("version", sa.String(60), nullable=False),
    )
    op.create_table(
        "cases",
        sa.Column("campaign", sa.String(100), sa.ForeignKey("campaigns.name"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("item", sa.String(300), nullable=False),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("campaign", "item"),
    )
    op.create_table(
        "pictures",
        sa.Column("campaign", sa.String(100), sa.ForeignKey("campaigns.name"), primary_key=True),
        sa.Column("item", sa.String(300), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("legend", sa.Text, nullable=False),
        sa.Column("png", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
    )
    op.create_table(
        "pins",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("review", sa.String(32), sa.ForeignKey("reviews.id"), nullable=False, index=True),
        sa.Column("pin", sa.String(32), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("place", sa.Float, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("time", sa.String(40), nullable=False),
        sa.Column("version", sa.String(60), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pin_pictures",
        sa.Column("pin", sa.String(32), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("alt", sa.Text, nullable=False),
        sa.Column("media", sa.String(20), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    _only_ever_added("verdicts")
    _only_ever_added("pins")


def _only_ever_added(table: str) -> None:
    said = f"{table} are only ever added"
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{said}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_stay()"
    )


def downgrade() -> None:
    """Refuse: verdicts are never thrown away by a program."""
    raise NotImplementedError("there is no way back before the first tables")
