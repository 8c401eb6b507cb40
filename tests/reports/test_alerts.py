"""Alerts of a sum that tells another story than its parts, in words."""

from __future__ import annotations

from streams.reports.alerts import Story, stories_of
from streams.reports.weeks import weeks_of
from streams.trials.samples import of_counts
from streams.trials.strata import Alert
from streams.trials.totals import DayTotals
from tests.reports.days import UNTIL, day


def weeks(segment: str, now: tuple[int, int], before: tuple[int, int]) -> list[DayTotals]:
    """Messages and clicks of the two weeks."""
    return [day(segment, 0, *now), day(segment, 7, *before)]


def stories(*parts: list[DayTotals]) -> list[Story]:
    return stories_of(weeks_of([one for part in parts for one in part], UNTIL), {})


def test_a_total_that_falls_while_every_segment_rises() -> None:
    (found,) = stories(weeks("poor", (9000, 270), (3000, 75)), weeks("rich", (1000, 220), (6000, 1200)))
    assert (found.compared, found.metric, found.alert) == ("weeks", "clicks", Alert.REVERSED)
    assert found.sentence == (
        "All mail together, clicks fell against the week before (-9.27%), but within the segments they did not "
        "(+0.91%): more mail went where clicks are few. Judge by the segments."
    )


def test_a_total_that_stands_still_over_segments_that_do_not() -> None:
    (found,) = stories(weeks("up", (5000, 500), (5000, 300)), weeks("down", (5000, 300), (5000, 500)))
    assert found.alert is Alert.UNEVEN
    assert "but not alike everywhere: up +4.00%, down -4.00%" in found.sentence
    assert [part.segment for part in found.parts] == ["down", "up"]


def test_nothing_to_tell() -> None:
    assert stories(weeks("a", (5000, 300), (5000, 310)), weeks("b", (4000, 90), (4100, 85))) == []
    assert stories(weeks("a", (5000, 300), (5000, 900))) == []  # the sum is its only part
    assert stories(weeks("a", (5000, 300), (5000, 310)), weeks("new", (4000, 900), (0, 0))) == []
    # nothing moved but the mix, and that by a hair
    assert stories(weeks("a", (60000, 3000), (62000, 3101)), weeks("b", (62000, 3200), (60000, 3096))) == []


def test_trials_that_do_not_agree() -> None:
    arms = {"up": (of_counts(5000, 500), of_counts(5000, 300)), "down": (of_counts(5000, 300), of_counts(5000, 500))}
    (found,) = stories_of({}, {"clicks": arms})
    assert (found.compared, found.alert) == ("trials", Alert.UNEVEN)
    assert found.sentence.startswith("All trials together, against control: clicks +0.00%, but not alike everywhere")


def test_trials_whose_sum_points_the_other_way() -> None:
    arms = {"a": (of_counts(870, 810), of_counts(2700, 2340)), "b": (of_counts(2630, 1920), of_counts(800, 550))}
    (found,) = stories_of({}, {"conversions": arms})
    assert found.alert is Alert.REVERSED
    assert "brings fewer conversions (-4.57%), but within the trials it is the other way round" in found.sentence
