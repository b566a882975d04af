"""rlt: reinforcement learning on PyTorch with networks whose shapes are part of their type.

Names are loaded on first use: `import rlt` alone imports neither torch nor gymnasium.
"""

from __future__ import annotations

import os.path as _path

__version__ = "0.1.0"

for _top in ("agents", "configs", "envs", "models"):
    if _path.isfile(_path.join(_path.dirname(__file__), _top)):
        from rlt.registry import refuse_text_link as _refuse_text_link

        _refuse_text_link(_top)
