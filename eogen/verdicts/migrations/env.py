"""Alembic's way in: the connection is handed over by :mod:`eogen.verdicts.database`; there is no configuration file."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
