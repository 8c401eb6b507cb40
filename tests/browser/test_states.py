"""What the page shows when there is nothing, when something is wrong, when it is locked, and when names are hostile."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answers import HOSTILE, NOW, TOKEN, Answer, Server, customer, overview, refusal, row, segment
from tests.browser.checks import complaints, settled, too_wide
from tests.browser.conftest import PHONE, OpenPage

LOCKED = {"token_needed": True, "token_set": True, "customers": False, "actions": False}
OPEN = {"token_needed": False, "token_set": True, "customers": True, "actions": True}
EMPTY: dict[str, tuple[str, Answer, str]] = {
    "": ("segments", {"segments": []}, "There are no segments yet."),
    "customers/ana": ("customers/ana", customer("ana"), "In no segment now."),
    "segments/a": ("segments/a", segment("a"), "Nobody is in it now."),
    "proposals": ("proposals", {"proposals": [], "broken": []}, "There are no proposals."),
    "trials": ("trials", {"trials": []}, "There are no trials."),
    "refused": ("refused", {"total": 0, "read": 0, "reasons": []}, "Nothing was refused."),
    "workers": ("workers", {"workers": [], "partitions": []}, "No worker is running."),
}


def needs_token(said: dict[str, Any]) -> Answer:
    """An answer that only the right token opens."""
    return lambda token: said if token == f"Bearer {TOKEN}" else refusal(401, "This needs the token.", "Enter it.")


def test_where_there_is_nothing_each_view_says_so(open_page: OpenPage) -> None:
    page = open_page(PHONE)
    server = Server(page, {path: said for path, said, _ in EMPTY.values()})
    for view, (_, _, text) in EMPTY.items():
        server.open(view)
        settled(page)
        expect(page.locator("main")).to_contain_text(text)
        assert too_wide(page) == []
    assert complaints(page) == []


def test_where_something_is_wrong_each_view_says_what_to_do_and_tries_again(open_page: OpenPage) -> None:
    page = open_page(forgive="/api/")
    away = refusal(503, "The broker does not answer.", "Start it: microseg kafka start")
    server = Server(page, {path: away for path, _, _ in EMPTY.values()})
    for view, (path, said, text) in EMPTY.items():
        server.answers[path] = away
        server.open(view)
        alert = page.locator("main .failed")
        expect(alert).to_contain_text("The broker does not answer.")
        expect(alert).to_contain_text("Start it: microseg kafka start")
        server.answers[path] = said
        alert.get_by_role("button", name="Try again").click()
        expect(page.locator("main")).to_contain_text(text)


def test_a_server_that_does_not_answer(open_page: OpenPage) -> None:
    page = open_page(forgive="/api/")
    gone: Answer = (0, {})
    server = Server(page, {"overview": gone, "segments": gone})
    server.open()
    expect(page.locator("main")).to_contain_text("The dashboard's server does not answer.")
    expect(page.locator("main")).to_contain_text("microseg run")
    expect(page.locator("#connection")).to_have_text("Connecting…")
    server.open("no-such-view")
    expect(page.locator("main")).to_contain_text("There is nothing at this address.")


def test_troubles_of_the_shop_stand_above_the_numbers(open_page: OpenPage) -> None:
    page = open_page()
    trouble = [{"error": "no worker answers", "hint": "Start one: microseg run."}]
    shop = overview(trouble=trouble, state="starting", progress=0.43, lag=None, customers=None)
    Server(page, {"overview": shop, "segments": {"segments": [row("a", size=None)]}}).open()
    settled(page)
    expect(page.locator(".troubles")).to_contain_text("No worker answers. Start one: microseg run.")
    expect(page.locator(".troubles")).to_contain_text("(43 %)")
    expect(page.locator(".counters")).to_contain_text("Customers–")  # not known is not none
    expect(page.get_by_role("row", name="a", exact=False).last.get_by_role("cell").first).to_have_text("–")
    assert complaints(page) == []


def test_locked_customers_open_with_the_token_which_goes_along_from_then_on(open_page: OpenPage) -> None:
    page = open_page(forgive="/api/customers")
    who = lambda token: overview(access=OPEN if token == f"Bearer {TOKEN}" else LOCKED)  # noqa: E731
    server = Server(page, {"overview": who, "customers/ana": needs_token(customer("ana"))})
    server.open("customers/ana")
    page.locator("main .locked").get_by_role("button", name="Enter the token").click()
    dialog = page.get_by_role("dialog", name="Enter the token")
    field = dialog.get_by_label("Token", exact=True)
    expect(field).to_be_focused()
    assert complaints(page) == []
    field.fill("another")
    field.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("was not accepted")
    field.fill(TOKEN)
    field.press("Enter")
    expect(page.locator("main")).to_contain_text("In no segment now.")
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [1, 0]
    page.reload()
    expect(page.locator("main")).to_contain_text("In no segment now.")
    page.get_by_role("button", name="Lock").click()
    expect(page.locator("main .locked")).to_contain_text("This needs the token.")
    assert page.evaluate("sessionStorage.length") == 0


def test_a_proposal_is_planned_and_confirmed_before_it_is_approved(open_page: OpenPage) -> None:
    page = open_page()
    proposal = {
        "name": "new",
        "title": "New one",
        "path": "proposed/new.yaml",
        "why": "W.",
        "strategy": "S.",
        "size": 4,
    }
    more = {
        "of": 9,
        "examples": 2,
        "stability": [["2026-05-04", 3], ["2026-05-11", None]],
        "overlap": [],
        "rule": "title: N",
    }
    lift = [{"outcome": "click", "rate": 0.1, "base": 0.05, "lift": 2.0, "low": 1.2, "high": 3.1, "members": 4}]
    found: dict[str, Any] = {
        "proposals": [{**proposal, **more, "lift": lift, "trial": False, "rule": "title: N"}],
        "broken": [],
    }
    found["last_round"] = {"began": NOW, "ended": NOW, "customers": 900, "candidates": 3, "proposals": ["new"]}
    planned = {"said": "1 segment would change", "plan": {"segments": [
        {"segment": "new", "mark": "new", "before": 0, "after": 4, "entering": 4, "leaving": 0}]}}  # fmt: skip
    answers: dict[str, Answer] = {"actions/plan": planned, "actions/approve": {"said": "new is live."}}
    server = Server(page, {"overview": overview(access=OPEN), "proposals": found, **answers})
    server.open("proposals")
    expect(page.locator("main")).to_contain_text("3 groups found among 900 customers, 1 proposed.")
    page.get_by_role("button", name="Make it live").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 segment would change")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()  # what does nothing comes first
    assert complaints(page) == []
    dialog.get_by_role("button", name="Make it live").click()
    expect(page.get_by_role("status").filter(has_text="new is live.")).to_be_visible()
    posted = [(path, body) for path, _, body in server.asked if body]
    assert posted == [
        ("actions/plan", {"name": "new", "to": "active"}),
        ("actions/approve", {"name": "new", "to": "active"}),
    ]


def address(view: str) -> str:
    """A view's address, with its name in the form that addresses have."""
    where, slash, name = view.partition("/")
    return f"{where}{slash}{quote(name, safe='')}"


def test_hostile_names_are_text_everywhere(open_page: OpenPage) -> None:
    page = open_page(PHONE)
    why = [{"text": HOSTILE, "holds": True, "depth": 0}]
    stay = {"name": HOSTILE, "title": HOSTILE, "since": NOW, "until": None, "why": why}
    known = {"facts": [{"at": NOW, "type": HOSTILE, "text": HOSTILE}], "facts_total": 1, "segments": [stay]}
    near = [{"name": HOSTILE, "title": HOSTILE, "missing": [HOSTILE], "distance": 0.5, "until": None}]
    bars = [{"segment": HOSTILE, "from": "2026-05-03T14:20:00.000Z", "to": None}]
    sample = {"topic": HOSTILE, "partition": 0, "offset": 1, "at": NOW, "text": HOSTILE + "\x00"}
    change = {"user": HOSTILE, "at": NOW, "entered": [HOSTILE], "exited": [HOSTILE], "cause": "event", "why": [HOSTILE]}
    members = [{"user": HOSTILE, "since": NOW, "until": None, "why": why}]
    views: dict[str, Answer] = {
        "segments": {"segments": [row(HOSTILE, why=HOSTILE)]},
        f"segments/{HOSTILE}": segment(HOSTILE, why=HOSTILE, strategy=HOSTILE, rule=HOSTILE, members=members),
        f"customers/{HOSTILE}": customer(HOSTILE, near=near, bars=bars, **known),
        "refused": {"total": 1, "read": 1, "reasons": [{"reason": HOSTILE, "count": 1, "samples": [sample]}]},
    }
    server = Server(page, {"overview": overview(application=HOSTILE), "stream": {"change": [change]}, **views})
    server.open()
    settled(page)
    expect(page.locator(".feed")).to_contain_text("<img src=x")
    for view in views:
        page.evaluate("address => { location.hash = address }", f"#/{address(view)}")
        settled(page)
        expect(page.locator("main")).to_contain_text("<img src=x")
        assert page.locator("main img").count() == 0
        assert page.evaluate("document.body.dataset.broken ?? ''") == ""
        assert too_wide(page) == [], view


def test_ids_that_became_another_lead_to_the_survivor(open_page: OpenPage) -> None:
    page = open_page()
    merged: Answer = {"user": "ana-2", "merged_into": "ana", "merged_at": NOW}
    Server(page, {"customers/ana-2": merged, "customers/ana": customer("ana")}).open("customers/ana-2")
    page.get_by_role("link", name="ana", exact=True).click()
    expect(page.locator("h1")).to_have_text("ana")


def test_times_are_the_viewers_with_the_exact_instant_in_the_title(open_page: OpenPage) -> None:
    page = open_page()
    Server(
        page, {"customers/ana": customer("ana", facts=[{"at": NOW, "type": "view", "text": "x"}], facts_total=1)}
    ).open("customers/ana")
    time = page.locator(".timeline time")
    expect(time).to_have_text("16:20:00")  # Berlin's summer
    assert (time.get_attribute("title") or "").startswith(NOW)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_chosen_colour_scheme_is_kept(open_page: OpenPage, theme: str) -> None:
    page = open_page(scheme="dark" if theme == "Light" else "light")
    Server(page, {}).open()
    button = page.locator("#theme")
    while theme not in button.inner_text():
        button.click()
    ground = "getComputedStyle(document.body).backgroundColor"
    chosen = page.evaluate(ground)
    page.reload()
    expect(button).to_contain_text(theme)
    assert page.evaluate(ground) == chosen
    brightness = sum(map(int, chosen.removeprefix("rgb(").removesuffix(")").split(",")))
    assert brightness > 600 if theme == "Light" else brightness < 150


def filtered(page: Page) -> list[str]:
    """The names in the table of segments, in its order."""
    return page.locator(".segments tbody th .mono").all_inner_texts()


def test_the_table_of_segments_is_filtered_and_sorted_by_keyboard(open_page: OpenPage) -> None:
    page = open_page()
    bad = {"state": "bad", "notes": ["Nobody is in it."]}
    rows = [row("apples", size=5), row("pears", size=9, folder="trial"), row("plums", size=None, health=bad)]
    Server(page, {"segments": {"segments": [*rows, row("pears/big", family="pears", size=2)]}}).open()
    settled(page)
    assert filtered(page) == ["pears", "apples", "plums"]  # most customers first; what is not known last
    page.get_by_role("button", name="Segment", exact=True).focus()
    page.keyboard.press("Enter")
    assert filtered(page) == ["apples", "pears", "plums"]
    assert page.get_by_role("columnheader", name="Segment").get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert filtered(page) == ["plums", "pears", "apples"]
    page.get_by_label("Each value of families").check()
    assert "pears/big" in filtered(page)
    page.get_by_label("Health", exact=True).select_option("Act now")
    assert filtered(page) == ["plums"]
    page.get_by_label("Health", exact=True).select_option("All")
    page.get_by_label("Filter", exact=True).fill("APP")
    assert filtered(page) == ["apples"]
    page.get_by_role("link", name="Customers").first.click()
    page.go_back()
    settled(page)
    assert filtered(page) == ["apples"]  # one comes back to what one looked at
    page.get_by_label("Filter", exact=True).fill("none such")
    expect(page.locator(".segments")).to_contain_text("No segment fits these filters.")
