"""An index for each order of a page of items."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make them, and drop those that they stand in for."""
    op.drop_index("items_by_place", "items")
    op.drop_index(op.f("ix_items_dataset_id"), "items")
    lower = sa.text("lower(name)")
    op.create_index("items_in_order", "items", ["dataset_id", "id"])
    op.create_index("items_by_name", "items", ["dataset_id", lower, "id"])
    op.create_index("items_by_folder", "items", ["dataset_id", "folder", lower, "id"])
    op.create_index("items_by_size", "items", ["dataset_id", "size", "id"])
