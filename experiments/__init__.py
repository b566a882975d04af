"""Studies that anyone can run again."""
