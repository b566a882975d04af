"""Shapes, dtypes and devices of networks: the rules, and the checks that stand on them."""
