"""Ways to step a vector of environments. Each gives the same numbers; they differ in speed and in what they can run."""
