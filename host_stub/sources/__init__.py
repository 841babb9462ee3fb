"""Where datasets come from: one reader a format, each on any file system that fsspec knows.

`kinds.open_source` recognises what is at an address; a `source.Source` yields its items.
"""
