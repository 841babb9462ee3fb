"""Find items by what is known of them, or by what their pictures show."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import regex
from numpy.typing import NDArray

from clustering_app.errors import EncoderUnavailable
from clustering_app.extraction.decode import decode_image
from clustering_app.projector.items import ItemTable
from clustering_app.vectors.feature_set import ModelFingerprint
from host_contract.errors import InvalidInput

if TYPE_CHECKING:
    from clustering_app.extraction.encoder import ClipEncoder

ANY_FIELD = "any field"
PATTERN_SECONDS = 0.1
"""A pattern that needs longer on one value is refused: it may need for ever."""


def matching(
    table: ItemTable, text: str, *, field: str = ANY_FIELD, as_pattern: bool = False
) -> NDArray[np.intp]:
    """Rows of the items with a value that contains a text, whatever its case.

    Args:
        table: The items.
        text: What to look for; nothing finds nothing.
        field: One field, or all.
        as_pattern: Take the text as a regular expression.

    Raises:
        InvalidInput: the regular expression is wrong, or takes too long.
    """
    if not text:
        return np.empty(0, np.intp)
    holds = _pattern(text) if as_pattern else _contains(text)
    fields = table.fields() if field == ANY_FIELD else [field]
    found = np.zeros(len(table.items), bool)
    for name in fields:
        for row, value in enumerate(table.values(name)):
            if value is not None and not found[row]:
                found[row] = holds(str(value))
    return np.flatnonzero(found)


def _contains(text: str) -> Callable[[str], bool]:
    wanted = text.casefold()
    return lambda value: wanted in value.casefold()


def _pattern(text: str) -> Callable[[str], bool]:
    try:
        compiled = regex.compile(text, regex.IGNORECASE)
    except regex.error as error:
        raise InvalidInput(f"This is no regular expression: {error}.") from None

    def holds(value: str) -> bool:
        try:
            return compiled.search(value, timeout=PATTERN_SECONDS) is not None
        except TimeoutError:
            raise InvalidInput("This pattern takes too long; make it simpler.") from None

    return holds


class QueryEncoder:
    """The encoder behind a feature set, kept while texts and pictures are asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._encoder: ClipEncoder | None = None

    def of_text(self, fingerprint: ModelFingerprint, text: str) -> NDArray[np.float32]:
        """The vector (D,) of a text by the model of a feature set. Slow at first: use a thread.

        Raises:
            EncoderUnavailable: the model that made the vectors is unknown or cannot be loaded.
        """
        vector: NDArray[np.float32] = self.of_texts(fingerprint, [text])[0]
        return vector

    def of_texts(self, fingerprint: ModelFingerprint, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors (T, D) of texts, as for one."""
        with self._lock:
            return self._load(fingerprint).encode_texts(texts)

    def of_picture(self, fingerprint: ModelFingerprint, content: bytes) -> NDArray[np.float32]:
        """The vector (D,) of a picture, of which nothing is trusted, by that model.

        Raises:
            EncoderUnavailable: the model that made the vectors is unknown or cannot be loaded.
            Undecodable: the bytes are no picture that is read.
        """
        with self._lock:
            encoder = self._load(fingerprint)
            picture = decode_image(io.BytesIO(content), target_pixels=encoder.image_size)
            vector: NDArray[np.float32] = encoder.encode_images(encoder.prepare(picture)[None])[0]
            return vector

    def _load(self, fingerprint: ModelFingerprint) -> ClipEncoder:
        from clustering_app.extraction.loading import load_encoder

        if fingerprint.imported:
            raise EncoderUnavailable(
                f"The vectors {fingerprint.model} were imported, and no model of theirs can encode "
                "a text or a picture: choose a map of extracted vectors, or Find similar."
            )
        if self._encoder is None or self._encoder.fingerprint.id != fingerprint.id:
            model, weights = fingerprint.model, fingerprint.weights_source
            self._encoder = load_encoder(model, weights=weights, one_call=False)  # mostly for texts
        if self._encoder.fingerprint.id != fingerprint.id:
            raise EncoderUnavailable(
                f"The vectors were made by another version of the model {fingerprint.model}, "
                "so nothing new can be compared with them: delete them and extract again."
            )
        return self._encoder


QUERY_ENCODER = QueryEncoder()
"""One for the process: pages of one server share it."""
