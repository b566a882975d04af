"""What a run writes for people: TensorBoard events and metrics.csv."""
