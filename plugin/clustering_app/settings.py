"""What is decided outside the code: where the manifest lies and what it says of the model."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from host_contract.manifest import Manifest, read_manifest


def manifest_path() -> Path:
    """Find the manifest: inside the package when installed, at the repository's top otherwise.

    Raises:
        FileNotFoundError: it is in neither place.
    """
    package = Path(__file__).parent
    for folder in (package, package.parent.parent):
        if (folder / "manifest.json").is_file():
            return folder / "manifest.json"
    raise FileNotFoundError(f"manifest.json is neither in {package} nor two folders above it")


@cache
def manifest() -> Manifest:
    """The app's own manifest, read once."""
    return read_manifest(manifest_path())
