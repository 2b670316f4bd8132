"""The tables: verdicts that are only ever added, campaigns with their cases and pictures, reviews with their pins."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from eogen.verdicts.record import LIMITS

metadata = MetaData()

verdicts = Table(
    "verdicts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # the order in which they were kept
    Column("id", String(LIMITS["id"]), nullable=False, unique=True),
    Column("campaign", String(LIMITS["campaign"]), nullable=False),
    Column("item", String(LIMITS["item"]), nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("room", String(20), nullable=False),
    Column("kind", String(LIMITS["kind"]), nullable=False),
    Column("dataset", String(LIMITS["dataset"]), nullable=False),
    Column("scene", String(LIMITS["scene"]), nullable=False),
    Column("thing", String(LIMITS["thing"]), nullable=False),
    Column("method", String(LIMITS["method"]), nullable=False),
    Column("weights", String(LIMITS["weights"]), nullable=False),
    Column("version", String(LIMITS["version"]), nullable=False),
    Column("reviewer", String(LIMITS["reviewer"]), nullable=False),
    Column("answer", String(40), nullable=False),
    Column("confidence", Float),
    Column("note", Text, nullable=False),
    Column("seconds", Float),
    Column("time", String(LIMITS["time"]), nullable=False),
    Column("undoes", String(LIMITS["undoes"]), nullable=False),
    Column("context", Text, nullable=False),  # JSON
    Index("verdicts_of_a_campaign", "campaign", "reviewer"),
    Index("verdicts_of_a_room", "room"),
    sqlite_autoincrement=True,
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("name", String(LIMITS["campaign"]), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("room", String(20), nullable=False),
    Column("kind", String(LIMITS["kind"]), nullable=False),
    Column("answers", Text, nullable=False),  # JSON list
    Column("sides", Boolean, nullable=False),
    Column("shuffled", Text, nullable=False),  # JSON list
    Column("blind", Boolean, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("how", String(20), nullable=False),
    Column("options", Text, nullable=False),  # JSON object
    Column("population", Integer, nullable=False),
    Column("created", String(40), nullable=False),
    Column("version", String(LIMITS["version"]), nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("campaign", ForeignKey("campaigns.name"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("item", String(LIMITS["item"]), nullable=False),
    Column("repeats", Integer, nullable=False),  # how often it is shown again
    Column("weight", Float, nullable=False),  # cases of the population that it stands for
    Column("body", Text, nullable=False),  # JSON of the case
    UniqueConstraint("campaign", "item"),
)

pictures = Table(
    "pictures",
    metadata,
    Column("campaign", ForeignKey("campaigns.name"), primary_key=True),
    Column("item", String(LIMITS["item"]), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(60), nullable=False),
    Column("legend", Text, nullable=False),  # JSON, "" for none
    Column("png", LargeBinary, nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("created", String(40), nullable=False),
)

#: Rows are only ever added: a later row of the same pin replaces what is shown, ``removed`` takes it away.
pins = Table(
    "pins",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("review", ForeignKey("reviews.id"), nullable=False, index=True),
    Column("pin", String(32), nullable=False),
    Column("url", Text, nullable=False),  # path and parameters, without the server's address
    Column("title", String(300), nullable=False),
    Column("note", Text, nullable=False),
    Column("place", Float, nullable=False),  # order in the review
    Column("removed", Boolean, nullable=False),
    Column("time", String(40), nullable=False),
    Column("version", String(LIMITS["version"]), nullable=False),
    sqlite_autoincrement=True,
)

pin_pictures = Table(
    "pin_pictures",
    metadata,
    Column("pin", String(32), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("alt", Text, nullable=False),
    Column("media", String(20), nullable=False),  # image/png or image/jpeg
    Column("content", LargeBinary, nullable=False),
)
