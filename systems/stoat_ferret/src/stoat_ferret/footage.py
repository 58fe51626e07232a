"""Makes small real videos, for the demonstration and for tests: a grey ramp that moves across the picture."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

__all__ = ["Footage"]

_RAMP = bytes(range(256))


@dataclass(frozen=True)
class Footage:
    """A video to be made: its name's end tells the container, its rate is text such as "24000/1001"."""

    name: str
    rate: str = "25"
    frames: int = 25
    width: int = 64
    height: int = 48
    codec: str = "mpeg4"

    def make(self, folder: Path) -> Path:
        """Encode it into the folder and give its path; one that is there is written over."""
        path = folder / self.name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(self.codec, rate=Fraction(self.rate))
            assert isinstance(stream, VideoStream), f"{self.codec} is no video codec"
            stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
            for number in range(self.frames):
                container.mux(stream.encode(self._frame(number)))
            container.mux(stream.encode(None))
        return path

    def _frame(self, number: int) -> av.VideoFrame:
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        luma, *chroma = frame.planes
        ramp = _RAMP * (luma.line_size // 256 + 2)
        start = number * 4 % 256
        luma.update(ramp[start : start + luma.line_size] * luma.height)
        for plane in chroma:
            plane.update(bytes([128]) * plane.buffer_size)
        return frame
