"""A model's steps as one call, during which other threads have Python's lock."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

Steps: TypeAlias = "Callable[[torch.Tensor], torch.Tensor]"
"""Pictures (N, S, S, 3) to vectors (N, D), for any N, by no branch that depends on the pictures."""

MOST_OFF = 1e-3
"""1 - cosine to what the steps give one by one; on a processor they are the same bit for bit."""


def as_one_call(steps: Steps, pictures: torch.Tensor) -> Steps:
    """The steps as a graph that torch runs by itself.

    Called one by one, each of a model's hundred steps waits for Python's lock, 5 ms where a thread
    does not let go of it: with threads that decode beside it mini-clip made 1,400 images a second,
    and makes 1,900. `torch.jit` is on its way out, but what follows it needs a C++ compiler on the
    user's machine (`torch.compile`) or calls the steps from Python (`torch.export`).

    Args:
        steps: They hold no tensor that is trained.
        pictures: Two, for which the steps are done once to write them down; and one of them is
            encoded both ways.

    Returns:
        The graph; the steps themselves where they cannot be written down, or give something else.
    """
    import torch

    jit: Any = torch.jit
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # DeprecationWarning; TracerWarning of what is checked
            graph = jit.trace(steps, pictures, check_trace=False)
            found, wanted = _run(graph, pictures[:1]), steps(pictures[:1])
            off = 1 - float(torch.cosine_similarity(found.float(), wanted.float()))
    except Exception as error:  # noqa: BLE001 - whatever a model's own code does when it is traced
        log.warning("Pictures are encoded step by step, which is slower: %s", error)
        return steps
    if not off <= MOST_OFF:
        log.warning("Pictures are encoded step by step, which is slower: the graph is %s off", off)
        return steps
    return lambda given: _run(graph, given)


def _run(graph: Any, given: torch.Tensor) -> torch.Tensor:
    import torch

    jit: Any = torch.jit
    # As it was written down: optimizing it again for each new number of pictures takes seconds.
    with jit.optimized_execution(False):
        vectors: torch.Tensor = graph(given)
        return vectors
