"""From names to objects: a configuration or a run's folder to env, network and agent; a command's words to options."""
