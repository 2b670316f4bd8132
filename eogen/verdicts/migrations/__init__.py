"""How the tables came to be, step by step (Alembic); :mod:`eogen.verdicts.database` takes the steps."""
