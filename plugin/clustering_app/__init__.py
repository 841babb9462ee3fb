"""Clustering: see, search and act on an image dataset through its embeddings.

Importing this package imports neither torch nor panel; the stages load them when they work.
"""

__version__ = "0.1.0"
