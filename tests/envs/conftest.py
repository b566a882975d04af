"""What the tests of the environments share."""

import warnings

with warnings.catch_warnings():
    # SWIG's DeprecationWarnings, turned into errors, would end the process in the middle of this import.
    warnings.simplefilter("ignore")
    import Box2D  # noqa: F401

from rlt.envs.mujoco import messages

messages.route()  # else the reference's environments write MUJOCO_LOG.TXT where the tests run
