"""What a probe reads from real files, and what it says of files that hold no video."""

import os

import av
import pytest
from stoat_ferret.db import frame_count
from stoat_ferret.folder import files_in, probed
from stoat_ferret.footage import Footage
from stoat_ferret.probe import NotAVideo, Probe, probe

READ = [
    (Footage("a.mp4", "24000/1001", 48, 64, 36), 2.002),
    (Footage("b.mkv", "30000/1001", 10), 10 * 1001 / 30000),  # stated as 333 ms, which would be nine frames
    (Footage("c.avi", "25", 5, 48, 64), 0.2),
    (Footage("d.mov", "60", 30, codec="libx264"), 0.5),
    (Footage("e.webm", "30", 6, codec="libvpx"), 0.2),
    (Footage("f.ts", "24", 12, codec="libx264"), 0.5),
    (Footage("g.m4v", "24", 12), 0.5),  # a raw stream, which states no length
    (Footage("h.mp4", "12", 1), 1 / 12),
]


@pytest.mark.parametrize(("wanted", "duration"), READ, ids=[wanted.name for wanted, _ in READ])
def test_facts_are_read(footage, wanted, duration):
    path = footage(wanted.name, wanted.rate, wanted.frames, wanted.width, wanted.height, wanted.codec)
    found = probe(path)
    assert found.path == str(path)
    assert found.duration == pytest.approx(duration, abs=1e-9)
    assert (found.width, found.height) == (wanted.width, wanted.height)
    assert frame_count(found.duration, found.framerate_num, found.framerate_den) == wanted.frames


def test_sound_beside_the_picture_does_not_count(tmp_path):
    path = tmp_path / "talk.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000)
        for _ in range(5):
            container.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(video.encode(None))
        container.mux(sound.encode(_silence(seconds=3)))
        container.mux(sound.encode(None))
    assert (probe(path).width, probe(path).framerate_num) == (64, 25)


def test_a_file_without_video_is_refused_with_the_reason(tmp_path, footage):
    whole = footage("a.mp4", "24000/1001", 48, 64, 36).read_bytes()
    files = {
        "empty.mp4": (b"", "can't be read"),
        "noise.mp4": (b"\x00\x01 nothing like a video" * 20, "can't be read"),
        "cut.mp4": (whole[:600], "can't be read"),
        "notes.txt": (b"a shot list\n" * 50, "text file"),
        "still.png": (_png(), "still picture"),
        "sound.wav": (_sound(tmp_path / "made.wav", "pcm_s16le"), "no video stream"),
        "song.mp3": (_cover(_png()) + _sound(tmp_path / "made.mp3", "libmp3lame"), "cover picture"),
    }
    for name, (content, reason) in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(NotAVideo, match=reason):
            probe(path)
    with pytest.raises(NotAVideo, match="No such file"):
        probe(tmp_path / "gone.mp4")


def test_a_playlist_leads_nowhere(tmp_path):
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(NotAVideo):
        probe(path)


def test_what_is_no_regular_file_is_not_opened(tmp_path, footage):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "no regular file" in str(probed(tmp_path / "pipe.mp4"))
    (tmp_path / "link.mp4").symlink_to(tmp_path / "nowhere")
    assert isinstance(probed(tmp_path / "link.mp4"), NotAVideo)
    (tmp_path / "good.mp4").symlink_to(footage("h.mp4", "12", 1))
    assert isinstance(probed(tmp_path / "good.mp4"), Probe)


def test_a_name_that_is_no_text_is_refused(tmp_path, footage):
    path = os.fsencode(tmp_path) + b"/\xff.mp4"
    with open(path, "wb") as file:
        file.write(footage("h.mp4", "12", 1).read_bytes())
    assert "isn't valid UTF-8" in str(probed(files_in(tmp_path)[0]))


def test_a_folder_is_looked_through(tmp_path):
    for name in (
        "b.mp4",
        "a/c.mp4",
        ".hidden.mp4",
        ".git/d.mp4",
        "film.db",
        "film.db-wal",
        "film.db.old",
        "films.db",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in files_in(tmp_path, f"sqlite:///{tmp_path}/film.db")]
    assert found == ["a/c.mp4", "b.mp4", "films.db"]
    with pytest.raises(OSError):
        files_in(tmp_path / "gone")


def _silence(seconds):
    frame = av.AudioFrame("s16", "mono", 8000 * seconds)
    frame.sample_rate = 8000
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame


def _sound(path, codec):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=8000)
        for frame in av.AudioResampler(stream.format, "mono", 8000).resample(_silence(1)):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    path.unlink()
    return content


def _png():
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = 8, 8, "rgb24", 25
    frame = av.VideoFrame(8, 8, "rgb24")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def _cover(picture):
    """An ID3 tag with a cover picture, to stand before an MP3."""
    body = b"\x00image/png\x00\x03\x00" + picture
    frame = b"APIC" + len(body).to_bytes(4, "big") + b"\x00\x00" + body
    size = bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + frame
