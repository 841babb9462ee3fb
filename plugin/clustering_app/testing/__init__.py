"""Strategies and plain models that tests of the app share."""
