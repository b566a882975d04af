"""A training step over flat buffers: parameters, gradients and optimiser state of a network as one tensor each."""
