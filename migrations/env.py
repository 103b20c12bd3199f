"""Alembic's entry: runs the migrations on the connection of ``store.schema``."""

from alembic import context

from idp.store import tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
