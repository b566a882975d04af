"""A run: its folder, timetable, callbacks, checkpoints, signals, progress. Knows neither RL nor supervised learning."""
