"""What the tests of the environments share."""

import warnings

with warnings.catch_warnings():
    # SWIG's DeprecationWarnings, turned into errors, would end the process in the middle of this import.
    warnings.simplefilter("ignore")
    import Box2D  # noqa: F401
