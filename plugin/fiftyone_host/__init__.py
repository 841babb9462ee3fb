"""FiftyOne as a host: the contract over the installed library and the database it is set to.

docs/hosts.md says what was confirmed, and how to run it.
"""
