"""Blocks of torch.nn that agents and models share."""
