"""Weights and states in and out of files. Nothing that is read here is ever executed."""
