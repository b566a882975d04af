"""From names to objects: a configuration or a run's folder to environment, network and agent; words and YAML to options."""
