"""Worker processes that each hold several sub-environments, and the memory they share with their owner."""
