"""Programs that use rlt from outside, by its public names alone."""
