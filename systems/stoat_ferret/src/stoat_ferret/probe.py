"""What a video file says of itself: its length, frame rate and size, read with PyAV."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

__all__ = ["NotAVideo", "Probe", "probe"]

# FFmpeg opens a still picture as a video of one frame, and a text file as an animation of its letters.
_PICTURES = ("image2", "_pipe")
_TEXT = ("tty",)


class NotAVideo(Exception):
    """A file that holds no video that can be played; the text says why."""


@dataclass(frozen=True)
class Probe:
    """A video file's facts: its full path, seconds, frames per second as a fraction, pixels."""

    path: str
    duration: float
    framerate_num: int
    framerate_den: int
    width: int
    height: int


def probe(path: Path) -> Probe:
    """Read a video file's facts; its first frame is decoded, which proves that there is one.

    Raises:
        NotAVideo: when it can't be read, or holds no video.
    """
    full_path = str(path.absolute())
    try:
        full_path.encode()
        with _opened(full_path) as container:
            stream = _video_stream(container)
            rate = _frame_rate(stream)
            if next(container.decode(stream), None) is None:
                raise NotAVideo("it holds no frames")
            duration = _stated_duration(container, stream)
            tick = Fraction(stream.time_base or 0)
            width, height = stream.width, stream.height
        seconds = _whole_frames(duration, rate, tick) if duration else _measured_duration(full_path, rate)
    except UnicodeEncodeError as error:
        raise NotAVideo("its name isn't valid UTF-8, and no database would take it") from error
    except (OSError, ValueError, FFmpegError) as error:
        raise NotAVideo(_reason(error)) from error
    if width <= 0 or height <= 0:
        raise NotAVideo("its picture has no size")
    return Probe(full_path, float(seconds), rate.numerator, rate.denominator, width, height)


def _opened(path: str) -> InputContainer:
    # A playlist must not lead to the network; a title in another encoding must not spoil the video.
    return av.open(path, metadata_errors="replace", options={"protocol_whitelist": "file"})


def _video_stream(container: InputContainer) -> VideoStream:
    if container.format.name in _TEXT:
        raise NotAVideo("it is a text file")
    if container.format.name.endswith(_PICTURES):
        raise NotAVideo("it is a still picture")
    streams = container.streams.video
    moving = [stream for stream in streams if not _is_cover(stream)]
    if not moving:
        raise NotAVideo("it holds only a cover picture" if streams else "it has no video stream")
    return moving[0]


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & stream.disposition.attached_pic)


def _frame_rate(stream: VideoStream) -> Fraction:
    rate = stream.average_rate or stream.base_rate or stream.guessed_rate
    if not rate or rate <= 0:
        raise NotAVideo("it states no frame rate")
    return Fraction(rate)


def _stated_duration(container: InputContainer, stream: VideoStream) -> Fraction:
    """Give the seconds that the file states, for the video alone where it does so; 0 where it doesn't."""
    if stream.duration and stream.time_base:
        return Fraction(stream.duration * stream.time_base)
    return Fraction(container.duration or 0, av.time_base)


def _whole_frames(duration: Fraction, rate: Fraction, tick: Fraction) -> Fraction:
    """Give the length of a whole number of frames, where the stated one is only a rounding of that.

    Matroska counts in milliseconds: ten frames at 30000/1001 last 333.67 ms, and it states 333.
    """
    whole = round(duration * rate) / rate
    return whole if abs(whole - duration) <= tick < 1 / rate else duration


def _measured_duration(path: str, rate: Fraction) -> Fraction:
    """Give the seconds of a file that states none, such as a raw stream: all its packets are read."""
    with _opened(path) as container:
        stream = _video_stream(container)
        packets = [(packet.pts, packet.duration) for packet in container.demux(stream) if packet.size]
    starts = [pts for pts, _ in packets if pts is not None]
    counted = len(packets) / rate
    if len(starts) < len(packets) or not stream.time_base:
        return counted
    # A packet's own length is often missing; the last frame is shown as long as the rate says.
    return max((max(starts) - min(starts)) * Fraction(stream.time_base) + 1 / rate, 1 / rate)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"it can't be read as a video: {text}"
