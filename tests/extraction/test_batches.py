"""The plan of an extraction sorts every item into exactly one place."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from clustering_app.extraction.batches import Choice, plan
from host_contract.entities import Item


def item(number: int, mimetype: str, version: str) -> Item:
    return Item(
        id=f"{number:04}",
        dataset_id="d",
        name=f"{number}.bin",
        mimetype=mimetype,
        size=1,
        created=datetime.now(UTC),
        content_version=version,
    )


EMBEDDABLE = ("image/png", "image/jpeg", "text/plain", "text/markdown", "video/mp4")
ITEMS = st.lists(
    st.tuples(
        st.sampled_from([*EMBEDDABLE, "application/json", "text/csv", "audio/mpeg"]),
        st.sampled_from(["1", "2"]),
    ),
    max_size=20,
).map(lambda kinds: [item(number, *kind) for number, kind in enumerate(kinds)])


@given(
    items=ITEMS,
    known=st.sets(st.integers(0, 30)),
    again=st.sets(st.integers(0, 19)),
    choice=st.sampled_from(Choice),
)
def test_each_item_is_in_one_place(
    items: list[Item], known: set[int], again: set[int], choice: Choice
) -> None:
    versions = {f"{number:04}": "1" for number in known}
    forced = {f"{number:04}" for number in again}
    made = plan(items, versions, again=forced, choice=choice)
    assert set(made.removed) == versions.keys() - {one.id for one in items}
    assert made.items == {one.id for one in items}
    encoded = set(made.encode)
    assert [*made.encode] == sorted(encoded)
    for one in items:
        embeddable = one.mimetype in EMBEDDABLE
        missing = one.id not in versions
        changed = not missing and versions[one.id] != one.content_version
        wanted = {
            Choice.MISSING: missing, Choice.CHANGED: changed, Choice.REMOVED: False,
            Choice.OUTDATED: missing or changed, Choice.ALL: True,
        }[choice]  # fmt: skip
        assert (one.id in encoded) == (embeddable and (wanted or one.id in forced))
    fresh = {one.id for one in items if versions.get(one.id) == one.content_version}
    none = {one.item_id for one in made.not_embeddable}
    assert made.unchanged == len(fresh - encoded - none)
    counted = made.missing + made.changed + made.unchanged + len(encoded & fresh) + len(none)
    assert counted == len(items)
