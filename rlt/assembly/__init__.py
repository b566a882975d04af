<<<<<<< HEAD
"""From names to objects: config to environment, network and agent; a run's folder to the same; YAML from the dataclasses."""
=======
"""From names to objects: a configuration or a run's folder to env, network and agent; a command's words to options."""
>>>>>>> report
