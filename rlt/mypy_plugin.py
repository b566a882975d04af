"""The door of the shape checker for mypy: `plugins = ["rlt.mypy_plugin"]` in its configuration."""

from __future__ import annotations

from rlt.shapes.mypy.plugin import plugin

__all__ = ["plugin"]
