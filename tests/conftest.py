"""What every test shares."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small tensors, and tests side by side: a second thread costs more than it gives
