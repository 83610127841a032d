"""Errors by who must act: the owner of the system under test, or whoever runs the generator."""


class TargetError(Exception):
    """The target, its accounts or its secrets cannot be used; one line: where, found, expected, what to do."""


class GeneratorError(Exception):
    """The load generator cannot do what was asked of it; one line."""


class OutOfAccounts(Exception):  # noqa: N818 - a state of the data, told apart by the journeys
    """No account is left that may do this; the session ends and is counted."""
