"""Numbers and times read well at every size."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_stub.pages import formats

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0 items"), (1, "1 item"), (1_000_000, "1,000,000 items")]
)
def test_count(number, shown):
    assert formats.count(number, "item") == shown


@pytest.mark.parametrize(
    ("bytes_", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (123_456, "123 kB"),
        (999_600, "1.0 MB"),
        (5_400_000_000, "5.4 GB"),
    ],
)
def test_size(bytes_, shown):
    assert formats.size(bytes_) == shown


@given(st.integers(min_value=0, max_value=10**15))
def test_a_size_is_never_written_with_more_than_three_digits_before_the_point(bytes_):
    number, unit = formats.size(bytes_).split()
    assert float(number) <= 1000
    assert unit in ("B", "kB", "MB", "GB", "TB")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (0.0, "about 1 s left"),
        (59.4, "about 59 s left"),
        (90, "about 2 min left"),
        (7200, "about 2.0 h left"),
    ],
)
def test_remaining(seconds, shown):
    assert formats.remaining(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "just now"), (59, "just now"), (300, "5 min ago"), (7200, "2 h ago")],
)
def test_ago(seconds, shown):
    assert formats.ago(NOW - timedelta(seconds=seconds), NOW) == shown


def test_long_ago_is_a_date_and_times_without_a_zone_are_utc():
    assert formats.ago(datetime(2026, 1, 2), NOW) == "2 Jan 2026"
