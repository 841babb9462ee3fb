"""Dataloop as a host: the contract over its client `dtlpy`, signed in by the user.

Not yet confirmed on the real service: it is tested against the routes of `host_stub.dataloop`,
which were read off the same client. docs/hosts.md says what that proves.
"""
