"""Videos: frames with a caption to mp4, mp4 files to a grid and to GIF. Needs PyAV (extra `video`).

Frames are arrays `[height, width, 3]` of uint8. They are written as they come: an episode never lies in memory whole.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from rlt.errors import MissingExtra, RunError

Frame = NDArray[np.uint8]

_LEAST_WIDTH = 320
"""Smaller frames are enlarged by a whole factor, so that their caption can be read."""
_GRID_WIDTH = 1280
_GIF_WIDTH, _GIF_FRAMES, _GIF_RATE = 320, 150, 12.5
"""A GIF is for a glance: at most so wide, so many frames, and so many a second."""
_STRIP = 22
"""Pixels of a caption's line."""


def captioned(frame: Frame, lines: Sequence[str]) -> Frame:
    """`frame` below a dark strip with `lines` of text; small frames are enlarged, sides are even as mp4 wants them."""
    factor = max(1, math.ceil(_LEAST_WIDTH / frame.shape[1]))
    large = frame.repeat(factor, axis=0).repeat(factor, axis=1)
    height, width = large.shape[:2]
    picture = Image.new("RGB", (width + width % 2, height + height % 2 + _STRIP * len(lines)), (24, 24, 24))
    picture.paste(Image.fromarray(large), (0, _STRIP * len(lines)))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(15)
    for i, line in enumerate(lines):
        draw.text((6, _STRIP * i + 2), line, (240, 240, 240), font)
    return np.asarray(picture)


class Mp4:
    """An mp4 file that frames of one size are added to (H.264 where this PyAV has it, else MPEG-4)."""

    def __init__(self, path: Path, fps: float) -> None:
        """MissingExtra without PyAV."""
        av = _av()
        self.path, self._av = path, av
        self._part = path.with_suffix(f".part{path.suffix}")  # what is cut off cannot be played, and says so
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._file: Any = av.open(str(self._part), "w")
        except OSError as error:
            raise RunError(f"{path} cannot be written", str(error)) from None
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        options = {"crf": "20", "preset": "fast"} if codec == "libx264" else {}
        self._stream: Any = self._file.add_stream(codec, rate=Fraction(fps).limit_denominator(1000), options=options)
        self._stream.pix_fmt = "yuv420p"
        self._sized = False

    def add(self, frame: Frame) -> None:
        """Writes one frame; its sides must be even."""
        if not self._sized:
            self._stream.height, self._stream.width = frame.shape[:2]
            self._sized = True
        picture = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        self._file.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Finishes the file. A second call does nothing."""
        if self._stream is not None:
            if self._sized:
                self._file.mux(self._stream.encode())
            self._file.close()
            if self._sized:
                self._part.replace(self.path)
            self._stream = None


def frames_of(path: Path) -> Iterator[Frame]:
    """The frames of an mp4 file in their order."""
    with _av().open(str(path)) as file:
        for picture in file.decode(video=0):
            yield picture.to_ndarray(format="rgb24")


def write_grid(paths: Sequence[Path], out: Path, fps: float) -> None:
    """All of `paths` side by side; one that is over shows its last frame until the longest is."""
    columns = math.ceil(math.sqrt(len(paths)))
    rows = math.ceil(len(paths) / columns)
    sources: list[Iterator[Frame]] = [frames_of(path) for path in paths]
    shown = [next(source) for source in sources]
    height, width = max(f.shape[0] for f in shown), max(f.shape[1] for f in shown)
    scale = min(1.0, _GRID_WIDTH / (columns * width))
    cell = int(height * scale) // 2 * 2, int(width * scale) // 2 * 2
    with contextlib.closing(Mp4(out, fps)) as video:
        going = True
        while going:
            board = np.full((rows * cell[0], columns * cell[1], 3), 24, np.uint8)
            for i, frame in enumerate(shown):
                top, left = i // columns * cell[0], i % columns * cell[1]
                small = np.asarray(Image.fromarray(frame).resize((cell[1], cell[0]), Image.Resampling.BILINEAR))
                board[top : top + cell[0], left : left + cell[1]] = small
            video.add(board)
            coming = [next(source, None) for source in sources]
            going = any(frame is not None for frame in coming)
            shown = [old if new is None else new for old, new in zip(shown, coming)]


def write_gif(path: Path, out: Path, fps: float) -> None:
    """The mp4 file `path` as a GIF: smaller, a part of its frames, from the beginning."""
    every = max(1, round(fps / _GIF_RATE))
    pictures: list[Image.Image] = []
    for t, frame in enumerate(frames_of(path)):
        if t % every == 0:
            picture = Image.fromarray(frame)
            if picture.width > _GIF_WIDTH:
                size = _GIF_WIDTH, round(picture.height * _GIF_WIDTH / picture.width)
                picture = picture.resize(size, Image.Resampling.BILINEAR)
            pictures.append(picture.quantize(128, method=Image.Quantize.FASTOCTREE))
        if len(pictures) == _GIF_FRAMES:
            break
    pictures[0].save(out, save_all=True, append_images=pictures[1:], duration=1000 * every / fps, loop=0)


def _av() -> Any:
    try:
        import av
    except ImportError:
        raise MissingExtra.of("av", "video", "writing videos") from None
    return av


def require() -> None:
    """MissingExtra without PyAV: asked before an evaluation begins."""
    _av()
