"""Who may see and do what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.dashboard.access import PROXIED, Access, Asker
from streams.dashboard.errors import Refused

TOKEN = "a-token-of-sixteen-signs"
LOCAL = "127.0.0.1"


def asker(peer: str | None = LOCAL, here: str | None = LOCAL, version: str = "11", **headers: str) -> Asker:
    found = {"Host": "127.0.0.1:6066", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Asker(peer, here, divmod(int(version), 10), found)


def rights(one: Asker, token: str | None = TOKEN) -> tuple[bool, bool]:
    found = Access(token).rights(one)
    return found.customers, found.actions


@pytest.mark.parametrize(("peer", "here"), [(LOCAL, LOCAL), ("::1", "::1"), ("::ffff:127.0.0.1", "::ffff:127.0.0.1")])
def test_this_machine_sees_customers_and_does_nothing(peer: str, here: str) -> None:
    assert rights(asker(peer, here), None) == (True, False)
    assert rights(asker(peer, here)) == (True, False)


@pytest.mark.parametrize(
    "one",
    [
        asker("10.0.0.7", "10.0.0.8"),
        asker("10.0.0.7", LOCAL),
        asker(LOCAL, "10.0.0.8"),
        asker(None, None),
        asker("", ""),
        asker(version="10"),
        *(asker(**{name: "10.0.0.7"}) for name in PROXIED),
    ],
)
def test_others_and_whoever_comes_through_a_proxy_need_the_token(one: Asker) -> None:
    assert rights(one) == (False, False)
    assert rights(one, None) == (False, False)
    with_token = Asker(one.peer, one.here, one.version, {**one.headers, "Authorization": f"Bearer {TOKEN}"})
    assert rights(with_token) == (True, True)


@pytest.mark.parametrize(
    "header", [f"Bearer {TOKEN}x", "Bearer ", "Basic abc", TOKEN, f"bearer {TOKEN[:-1]}", "Bearer é"]
)
def test_a_wrong_token_is_told_as_such(header: str) -> None:
    with pytest.raises(Refused) as caught:
        Access(TOKEN).rights(asker(Authorization=header))
    assert caught.value.status == 401
    assert TOKEN not in str(caught.value.told())


@given(st.text())
def test_nothing_but_the_token_is_the_token(text: str) -> None:
    header = asker(Authorization=f"Bearer {text}")
    if text.strip() == TOKEN:
        assert rights(header) == (True, True)
    else:
        with pytest.raises(Refused):
            Access(TOKEN).rights(header)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:1", "localhost:6066", "LOCALHOST", "[::1]:6066"])
def test_own_names(host: str) -> None:
    assert rights(asker(Host=host)) == (True, False)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:6066", "", "[::1", "10.0.0.8", "localhost.x"])
def test_a_name_that_only_leads_here_is_refused(host: str) -> None:
    with pytest.raises(Refused) as caught:
        Access(None).rights(asker(Host=host))
    assert caught.value.status == 403


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Sec_Fetch_Site": "cross-site"}],
)
def test_other_sites_pages_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Refused):
        Access(TOKEN).rights(asker(**headers))


def test_its_own_page_is_not() -> None:
    own = asker(Origin="http://127.0.0.1:6066", Sec_Fetch_Site="same-origin")
    assert rights(own) == (True, False)


def test_what_is_said_where_something_is_closed() -> None:
    for token, status in ((TOKEN, 401), (None, 403)):
        access = Access(token)
        found = access.rights(asker("10.0.0.7", "10.0.0.8"))
        for check in (access.for_customers, access.for_actions):
            with pytest.raises(Refused) as caught:
                check(found)
            assert caught.value.status == status
            assert caught.value.hint
    assert Access(TOKEN).rights(asker("10.0.0.7", "10.0.0.8")).told()["token_needed"]
