"""What any dataset platform and any app agree on: entities, hooks, manifest, context, errors.

A platform (the host) implements the protocols in `context`; an app implements the hooks in
`hookspecs` and describes itself in a `manifest.json` that `manifest` validates. Neither side
imports the other, and this package imports neither.
"""
