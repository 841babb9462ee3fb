"""How a database of an earlier release becomes one of this one: a file a step, for Alembic."""
