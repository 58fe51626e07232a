"""What holds for any projects, clips and frame rates."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stoat_ferret.db import Clip, frame_count

from colonnade.errors import EntityValidationError

from .conftest import a_project, a_video

ON_A_DATABASE = settings(max_examples=25, deadline=None)
POINTS = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda given: (given[0], given[0] + given[1]))


def test_stats_are_what_counting_gives(stoat):
    """Projects of videos of clips, each number small and often 0."""

    @ON_A_DATABASE
    @given(st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=4))
    def check(shape):
        stoat.run(stoat.projects.delete_where(everything=True))
        stoat.run(stoat.projects.create_many([_project(number, clips) for number, clips in enumerate(shape)]))
        every_video, every_clip = stoat.run(stoat.videos.find()), stoat.run(stoat.clips.find())
        counted = [
            (
                project.name,
                sum(video.project_id == project.id for video in every_video),
                sum(clip.project_id == project.id for clip in every_clip),
            )
            for project in stoat.run(stoat.projects.find(order_by="id"))
        ]
        rows = stoat.run(stoat.projects.list_with_stats())
        assert [(row["name"], row["video_count"], row["clip_count"]) for row in rows] == counted
        assert [(len(clips), sum(clips)) for clips in shape] == [count[1:] for count in counted]

    check()


def _project(number, clips):
    videos = [
        a_video(f"/{place}.mp4", clips=[Clip(in_point=point, out_point=point + 1) for point in range(count)])
        for place, count in enumerate(clips)
    ]
    project = a_project(str(number), f"/{number}", videos=videos)
    for video in videos:
        for clip in video.clips:
            clip.project = project
    return project


def test_overlaps_are_what_looking_at_each_frame_gives(stoat):
    project = stoat.run(stoat.projects.create(a_project(videos=[a_video("/a.mp4"), a_video("/b.mp4")])))
    first, second = (video.id for video in project.videos)

    def a_clip(video, points):
        return Clip(project_id=project.id, video_id=video, in_point=points[0], out_point=points[1])

    @ON_A_DATABASE
    @given(st.lists(st.tuples(st.booleans(), POINTS), max_size=10), st.integers(-2, 40), st.integers(-2, 40))
    def check(cuts, in_point, out_point):
        stoat.run(stoat.clips.delete_where(everything=True))
        made = [a_clip(first if is_first else second, points) for is_first, points in cuts]
        stoat.run(stoat.clips.create_many(made))
        asked = set(range(in_point, out_point))
        sharing = [c for c in made if c.video_id == first and asked & set(range(c.in_point, c.out_point))]
        expected = [clip.id for clip in sorted(sharing, key=lambda clip: (clip.in_point, clip.id))]
        found = stoat.run(stoat.clips.find_overlapping(first, in_point, out_point))
        assert [clip.id for clip in found] == expected

    check()


RATES = st.tuples(st.integers(1, 120_000), st.integers(1, 2_000)) | st.sampled_from(
    [(24000, 1001), (30000, 1001), (60000, 1001), (25, 1), (90000, 1), (1, 1), (2**31 - 1, 1), (1, 2**31 - 1)]
)


@given(st.floats(0, 1e300, allow_nan=False), RATES)
def test_a_number_of_frames_is_the_largest_that_fits(duration, rate):
    num, den = rate
    frames = frame_count(duration, num, den)
    # Python's division of integers gives the float nearest to the quotient.
    assert frames * den / num <= duration < (frames + 1) * den / num


@given(st.integers(0, 10**7), RATES)
def test_a_length_of_whole_frames_has_that_many(frames, rate):
    num, den = rate
    duration = frames * den / num
    counted = frame_count(duration, num, den)
    assert counted * den / num == duration  # where frames are as close as floats are, several have one length
    assert counted == frames or (frames + 1) * den / num == duration


@pytest.mark.parametrize(
    ("duration", "num", "den", "frames"),
    [
        (2.002, 24000, 1001, 48),
        (0.0, 25, 1, 0),
        (0.04, 25, 1, 1),
        (math.nextafter(0.04, 0), 25, 1, 0),
        (float(Fraction(10 * 1001, 30000)), 30000, 1001, 10),
        # Above 2**53 a float is halfway to the next one at odd numbers: ties go to the even float.
        (float(2**53), 1, 1, 2**53 + 1),
        (float(2**53 + 2), 1, 1, 2**53 + 2),
        (float(2**53 + 4), 1, 1, 2**53 + 5),
    ],
)
def test_frames_are_counted_by_the_nearest_float(duration, num, den, frames):
    assert frame_count(duration, num, den) == frames


@pytest.mark.parametrize(
    "given", [(-1.0, 25, 1), (math.inf, 25, 1), (math.nan, 25, 1), (1.0, 0, 1), (1.0, 25, 0)]
)
def test_what_is_no_length_or_rate_is_refused(given):
    with pytest.raises(EntityValidationError):
        frame_count(*given)
