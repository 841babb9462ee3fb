"""A project is made once, however often it is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Keep what a caller sends along."""
    # An index beside the column: SQLite would make the table anew for a constraint, and drop the
    # old one with all datasets in it.
    op.add_column("projects", sa.Column("creation_key", sa.String(), nullable=True))
    op.create_index(op.f("ix_projects_creation_key"), "projects", ["creation_key"], unique=True)
