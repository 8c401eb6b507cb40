"""What a survey cannot do, in the user's words."""

from __future__ import annotations

from collections.abc import Sequence

from streams.errors import MicrosegError


class SurveyError(MicrosegError):
    """A question to the workers was not answered, or not by all partitions."""


def nobody_there(application: str) -> SurveyError:
    """The error of a question that nobody is there to answer."""
    return SurveyError(f"no worker of {application!r} is running; start one with: microseg run")


def unanswered(missing: Sequence[int], answered: int, wait_s: float) -> SurveyError:
    """The error of a question that some partitions, or all of those asked, did not answer in time."""
    if not answered:
        return SurveyError(f"no worker answered within {wait_s:g} s; is one running? (microseg run)")
    listed = f"partition {missing[0]}" if len(missing) == 1 else f"partitions {', '.join(map(str, missing))}"
    return SurveyError(f"nobody answered for {listed} within {wait_s:g} s; is a worker starting or down?")
