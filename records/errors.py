"""What is wrong with recorded data: the file must be mended or left out."""


class RunDataError(Exception):
    """A run folder, a baseline or an imported file cannot be read; one line: where, found, expected, what to do."""
