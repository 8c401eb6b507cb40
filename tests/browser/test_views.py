"""The main paths through the dashboard of a real worker on a real Kafka, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from streams.embedded.kafka import running_kafka
from tests.browser.checks import LOOKS, RULES, complaints, settled, too_wide
from tests.browser.conftest import PHONE, WIDE, OpenPage
from tests.dashboard.world import END_MS, TOKEN, USERS, World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A worker that has read everything, on a broker of its own: some topics have the same names for all."""
    with running_kafka(tmp_path_factory.mktemp("kafka"), 0) as kafka:
        world = World(kafka, tmp_path_factory.mktemp("dashboard"))
        world.create_topics(*world.topics.values())
        world.fill()
        with world.running():
            world.until("/api/overview", lambda page: page["state"] == "ready" and page["customers"] == len(USERS), 120)
            yield world


def go(page: Page, world: World, view: str = "") -> None:
    """Opens a view and waits for it."""
    page.goto(f"http://127.0.0.1:{world.port}/#/{view}")
    settled(page)


def welcome(world: World, user: str) -> str:
    """Sends what makes a new customer enter a segment; their id."""
    visits = [{"type": "view", "id": f"{user}-{number}", "product": "p", "at": END_MS - number} for number in range(3)]
    world.send([("views", user, json.dumps({**visit, "user": world.id(user)})) for visit in visits])
    return world.id(user)


def member(world: World) -> str:
    """Somebody who is in a segment now."""
    _, page = world.get(f"/api/segments/{world.name}-keen")
    return str(page["members"][0]["user"])


@pytest.mark.parametrize("width", [WIDE, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_whole_accessible_and_fits(world: World, open_page: OpenPage, width: int, scheme: str) -> None:
    page = open_page(width, scheme)
    named = [f"segments/{world.name}-keen", f"segments/{world.name}-fan", f"customers/{quote(member(world), safe='')}"]
    for view in ["", *named, "customers", "proposals", "trials", "refused", "workers"]:
        go(page, world, view)
        assert page.locator("main .failed").all_inner_texts() == [], view
        assert page.locator("h1").count() == 1, view
        page.evaluate("[...document.querySelectorAll('main details')].slice(0, 6).forEach(one => { one.open = true })")
        assert too_wide(page) == [], view
        assert complaints(page, RULES if scheme == "light" else LOOKS) == [], view


def test_from_the_overview_to_a_segment_to_a_customer_and_back(world: World, open_page: OpenPage) -> None:
    page = open_page()
    go(page, world)
    expect(page.locator("#connection")).to_have_text("Live")
    page.get_by_role("link", name="Looked often").first.click()
    expect(page.locator("pre.rule")).to_contain_text("at_least: 3")
    somebody = page.locator(".examples a").first
    user = somebody.inner_text()
    somebody.click()
    expect(page.locator("h1")).to_have_text(user)
    expect(page.locator(".stand").first).to_contain_text("Looked often")
    page.locator(".stand summary").first.click()
    expect(page.locator(".why").first).to_be_visible()
    expect(page.locator(".stays .line rect")).not_to_have_count(0)
    expect(page.locator(".timeline li")).not_to_have_count(0)
    page.go_back()
    expect(page.locator("pre.rule")).to_be_visible()


def test_numbers_and_changes_come_by_themselves_and_can_be_stopped(world: World, open_page: OpenPage) -> None:
    page = open_page()
    go(page, world)
    expect(page.locator("#connection")).to_have_text("Live")
    customers = page.locator(".counters dd").first
    before = int(customers.inner_text())
    expect(page.locator(".feed")).to_contain_text(welcome(world, "new-1"))
    expect(customers).to_have_text(str(before + 1))
    page.get_by_role("button", name="Pause").click()
    later = welcome(world, "new-2")
    expect(customers).to_have_text(str(before + 2))
    expect(page.locator(".feed")).not_to_contain_text(later)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".feed")).to_contain_text(later)


def focused(page: Page) -> str:
    """What has the focus, as screen readers say it."""
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"))


def test_all_of_it_goes_by_keyboard(world: World, open_page: OpenPage) -> None:
    page = open_page(PHONE)
    go(page, world)
    menu, entries = page.locator("#menu"), page.locator("#nav")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(page.locator("h1")).to_have_text("Segments")
    menu.focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    entries.get_by_role("link", name="Segments").focus()
    page.keyboard.press("Escape")
    expect(entries).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    entries.get_by_role("link", name="Workers").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Workers")
    expect(page.locator("h1")).to_be_focused()  # so that a screen reader says where one is
    expect(entries).to_be_hidden()
    user = member(world)
    page.locator("#find-customer").focus()
    page.keyboard.type(user)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(user)
    expect(page).to_have_title(f"{user} · microseg")


def test_ids_that_look_like_markup_and_paths_have_their_pages(world: World, open_page: OpenPage) -> None:
    page = open_page()
    for user in ("<script>alert(1)</script>", "x/y?z=1#f&%41", "東京 ✓", "%2e%2e"):
        go(page, world, f"customers/{quote(world.id(user), safe='')}")
        expect(page.locator("h1")).to_have_text(world.id(user))
        expect(page.locator(".timeline li")).not_to_have_count(0)


def test_an_unknown_customer_is_said_to_be_unknown(world: World, open_page: OpenPage) -> None:
    page = open_page(forgive="/api/customers/")
    go(page, world, "customers/nobody%2Fat%20all")
    expect(page.locator("main .failed")).to_contain_text("nobody/at all")


def test_with_the_token_a_proposal_goes_live(world: World, open_page: OpenPage) -> None:
    page = open_page()
    go(page, world, "proposals")
    page.get_by_role("button", name="Unlock to change this").first.click()
    page.get_by_role("dialog").get_by_label("Token", exact=True).fill(TOKEN)
    page.keyboard.press("Enter")
    page.locator("article").get_by_role("button", name="Make it live").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".plan table")).to_contain_text(f"{world.name}-new")
    dialog.get_by_role("button", name="Make it live").click()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("main")).to_contain_text("There are no proposals.")
    assert (world.rules / "active" / f"{world.name}-new.yaml").is_file()
    world.until("/api/segments", lambda told: f"{world.name}-new" in {row["name"] for row in told["segments"]})
    go(page, world)
    expect(page.locator(".segments")).to_contain_text(f"{world.name}-new")
