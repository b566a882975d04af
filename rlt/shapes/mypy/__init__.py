"""The type checker's level: a mypy plugin that reads shapes from annotations and follows them through torch code.

Users write `plugins = ["rlt.mypy_plugin"]`. Imports no torch.
"""
