"""rlt: reinforcement learning on PyTorch with networks whose shapes are part of their type.

Names are loaded on first use: `import rlt` alone imports neither torch nor gymnasium.
"""

from __future__ import annotations

__version__ = "0.1.0"
