"""Environments: `make`, vector backends, wrappers."""

if not __name__.startswith("rlt."):
    raise ImportError(f"this folder is the package rlt.{__name__}: write 'import rlt.{__name__}' instead of 'import {__name__}'")
