"""Vectors to a run: coordinates, clusters, outlier scores and quality, with every parameter."""
