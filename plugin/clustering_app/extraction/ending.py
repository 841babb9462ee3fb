"""How an extraction ends: what the host keeps of it, and what the user is told."""

from __future__ import annotations

from clustering_app.extraction.coverage import Coverage, coverage
from clustering_app.extraction.report import ExtractionReport
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_contract.context import ExecutionContext
from host_contract.entities import Level

MISMATCH = (
    "For some feature sets, the number of items is different from the number of feature vectors, "
    "please rerun the extraction on the whole dataset."
)


def finish(
    context: ExecutionContext,
    dataset_id: str,
    fingerprint: ModelFingerprint,
    store: FeatureStore,
    report: ExtractionReport,
) -> None:
    """Bring the host's record up to date, and tell the user; as a warning where vectors lack."""
    found = coverage(context.host, dataset_id, store, report.feature_set)
    keep_in_host(context, dataset_id, fingerprint, report.feature_set, found.vectors)
    before = f", {report.unchanged:,} had a vector already" if report.unchanged else ""
    summary = f"{report.encoded:,} items encoded{before}."
    context.progress(1.0, summary)
    if found.complete and not report.broken:
        title, text, level = "Features extracted", summary, Level.SUCCESS
    else:
        title, text, level = MISMATCH, " ".join((summary, _shortfall(report, found))), Level.WARNING
    context.host.notify(
        title, text, level=level, dataset_id=dataset_id, execution_id=context.execution_id
    )


def keep_in_host(
    context: ExecutionContext, dataset_id: str, fingerprint: ModelFingerprint, name: str, count: int
) -> None:
    """Bring the host's record of the feature set up to date."""
    context.host.save_feature_set(
        dataset_id,
        name,
        size=fingerprint.dimension,
        model=fingerprint.model,
        fingerprint=fingerprint.id,
        count=count,
    )


def _shortfall(report: ExtractionReport, found: Coverage) -> str:
    parts = [f"{found.items:,} items, {found.vectors:,} vectors."]
    if found.items > found.embeddable:
        parts.append(f"Files of a kind that has no vector: {found.items - found.embeddable:,}.")
    if report.broken:
        names = ", ".join(repr(broken.name) for broken in report.broken[:3])
        more = "" if len(report.broken) <= 3 else f" and {len(report.broken) - 3:,} more"
        parts.append(f"Could not be encoded: {names}{more}.")
    return " ".join(parts)
