"""Alembic's entry: run the steps on the connection that `host_stub.schema` hands over."""

from alembic import context

from host_stub.database import Table

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
