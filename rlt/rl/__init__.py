"""What the agents share: the vector environment protocol, distributions, returns, storage, normalisers, schedules."""
