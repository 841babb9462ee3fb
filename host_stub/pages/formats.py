"""Numbers and times as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime


def count(number: int, noun: str) -> str:
    """'1 item', '1,200 items'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(bytes_: int) -> str:
    """'0 B', '1.2 MB': powers of 1000, as disks are sold."""
    value, unit = float(bytes_), "B"
    for bigger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, bigger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """'0.4 s', '40 s', '3 min', '1.5 h'."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3570 else f"{seconds / 3600:.1f} h"


def shortened(text: str, length: int = 300) -> str:
    """The text, or its beginning and how long it is."""
    return text if len(text) <= length else f"{text[:length]}… ({len(text):,} characters)"


def remaining(seconds: float | None) -> str:
    """'about 40 s left', '' when unknown."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"about {max(1, round(seconds))} s left"
    if seconds < 3600:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"


def ago(moment: datetime, now: datetime) -> str:
    """'just now', '5 min ago', '3 h ago', else the date."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 86400:
        return f"{seconds // 3600:.0f} h ago"
    return date(moment)


def date(moment: datetime) -> str:
    """'24 Nov 2026'."""
    return f"{moment.day} {moment:%b %Y}"
