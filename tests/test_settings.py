"""Settings: defaults, the file, the environment, and what is refused with its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from streams.engine.api import Policy
from streams.errors import SettingsError
from streams.events.traffic import Traffic
from streams.settings import Settings, load_settings
from streams.settings_topics import Topic

DAY_MS = 86_400_000


def written(folder: Path, text: str) -> Path:
    path = folder / "microseg.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(config: Path | None, environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(config, environ)
    assert caught.value.exit_code == 2
    return caught.value.errors


def test_defaults_are_those_of_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None, {"PATH": "/bin"})
    assert settings == Settings()
    assert (settings.broker, settings.application, settings.partitions) == ("127.0.0.1:9092", "microseg", 4)
    assert (settings.rules, settings.data_dir) == (Path("segment_rules"), Path(".microseg"))
    assert settings.http == ("127.0.0.1", 6066)
    assert settings.topics.names() == ("views", "purchases", "emails", "profiles")
    assert settings.policy() == Policy()


def test_the_file_of_the_working_directory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, 'application = "shop"')
    assert load_settings(None, {}).application == "shop"


def test_every_kind_of_value_is_read_from_a_file(tmp_path: Path) -> None:
    config = written(
        tmp_path,
        """
        broker = "a:9092, [::1]:9093"
        partitions = 8
        rules = "rules"
        clock = "event"
        timezone = "Europe/Berlin"
        currency = "EUR"
        rates = "rates.csv"
        retention = "52w"
        max_facts = 100
        max_clock_skew = "90s"
        late_after = "2h"
        worker = "w-1"
        http = ""
        checkpoint_every = "250ms"
        stall_after = "90s"
        trials.conversion_days = 7
        log = "json"
        topics.views = "events"
        [topics.emails]
        name = "mails"
        dialect = "native"
        """,
    )
    settings = load_settings(config, {})
    assert settings.broker == "a:9092,[::1]:9093"
    assert (settings.partitions, settings.rules, settings.worker) == (8, Path("rules"), "w-1")
    assert (settings.currency, settings.rates) == ("EUR", Path("rates.csv"))
    assert (settings.http, settings.conversion_days) == (None, 7)
    assert (settings.checkpoint_every_ms, settings.stall_after_ms, settings.log) == (250, 90_000, "json")
    assert settings.topics.views == Topic("events")
    assert settings.topics.emails == Topic("mails")
    policy = replace(settings, rates=None, currency=None).policy()
    assert policy == Policy("event", 364 * DAY_MS, 100, 90_000, 7_200_000, "Europe/Berlin")


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    config = written(tmp_path, 'partitions = 8\nbroker = "file:1"\ntopics.views = "from-file"\n')
    settings = load_settings(config, {"MICROSEG_PARTITIONS": "2", "MICROSEG_TOPICS_VIEWS": "from-variable"})
    assert (settings.partitions, settings.broker) == (2, "file:1")
    assert settings.topics.views == Topic("from-variable")


def test_one_combined_topic_is_named_once() -> None:
    environ = {f"MICROSEG_TOPICS_{name}": "events" for name in ("VIEWS", "PURCHASES", "EMAILS", "PROFILES")}
    assert load_settings(None, environ).topics.names() == ("events",)


def test_security_settings_pass_through_from_both_places(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    config = written(tmp_path, f'[kafka]\nsecurity.protocol = "SASL_SSL"\n"ssl.ca.location" = "{tmp_path}/ca.pem"\n')
    settings = load_settings(config, {"MICROSEG_KAFKA_SASL_USERNAME": "ana", "MICROSEG_KAFKA_SASL_PASSWORD": "x"})
    assert settings.kafka == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "ana",
        "sasl.password": "x",
        "ssl.ca.location": f"{tmp_path}/ca.pem",
    }


def test_discovery(tmp_path: Path) -> None:
    config = written(tmp_path, '[discovery]\nmodel = ""\nmax_proposals = 3\nbudget_usd = 2\ntimeout = "30s"\n')
    found = load_settings(
        config, {"MICROSEG_DISCOVERY_EFFORT": "low", "MICROSEG_DISCOVERY_INPUT_PRICE": "1.5"}
    ).discovery
    assert (found.model, found.max_proposals, found.budget_usd, found.timeout_ms) == (None, 3, 2.0, 30_000)
    assert (found.effort, found.input_price, found.prices()) == ("low", 1.5, None)
    assert load_settings(None, {}).discovery.prices() == (2.0, 10.0)


def test_sasl_needs_a_name_and_a_password() -> None:
    environ = {"MICROSEG_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "MICROSEG_KAFKA_SASL_USERNAME": "ana"}
    assert refused(None, environ) == ["kafka.security.protocol is SASL_PLAINTEXT, which needs kafka.sasl.password"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("partitons = 4", "unknown setting partitons; did you mean partitions?"),
        ("frobnicate = 4", "unknown setting frobnicate"),
        ('topics.profile = "p"', "unknown setting topics.profile; did you mean topics.profiles?"),
        ("[trials]\nconversion_days = 0", "trials.conversion_days must be a whole number from 1 to 90, not 0"),
        ("[trials]\nconversion_day = 5", "did you mean trials.conversion_days?"),
        ('[discovery]\nefort = "low"', "unknown setting discovery.efort; did you mean discovery.effort?"),
        ('[discovery]\neffort = "lots"', "discovery.effort must be low or medium or high"),
        ("[discovery]\nbudget_usd = 0", "discovery.budget_usd must be a number above 0, not 0"),
        ('[discovery]\nmodel = "a model"', "discovery.model must be the name of a model"),
        ("partitions = 0", "partitions must be a whole number from 1 to 10000, not 0"),
        ("partitions = true", "not true"),
        ('partitions = "4.5"', 'not "4.5"'),
        ('clock = "evnt"', 'clock must be wall or event, not "evnt"; did you mean event?'),
        ('retention = "2y"', 'retention must be a duration such as 500ms, 30s, 5m, 1h, 7d or 2w, not "2y"'),
        ('retention = "0d"', 'not "0d"'),
        ("retention = 5", "not 5"),
        ('retention = "999999999w"', "must be at most 36500d"),
        ('broker = "localhost"', "broker must be host:port"),
        ('broker = "a:9092,b"', 'not "b"'),
        ('http = ":70000"', "http must be host:port"),
        ('application = "my shop"', "application must be a name of letters"),
        ('application = "."', "application must be a name of letters"),
        ('rules = ""', "rules must be a text"),
        ('timezone = "Europe/Berln"', "did you mean Europe/Berlin?"),
        ('timezone = "../etc"', "timezone must be a time zone"),
        ('currency = "euro"', "currency must be three capital letters"),
        ('log = "jsn"', 'log must be text or json, not "jsn"; did you mean json?'),
        ('stall_after = "60"', "stall_after must be a duration"),
        ('stal_after = "60s"', "unknown setting stal_after; did you mean stall_after?"),
        ('store = "rocks"', 'store must be memory or rocksdb, not "rocks"; did you mean rocksdb?'),
        ('[kafka]\nsecurity.protocol = "SSLL"', "did you mean SSL?"),
        ('[kafka]\nssl.ca.location = "/nowhere/ca.pem"', "kafka.ssl.ca.location must be a file that exists"),
        ('topics.views = {dialect = "segmnt"}', 'not "segmnt"; did you mean segment?'),
        ('topics.views = {dialect = "klavio"}', 'not "klavio"; did you mean klaviyo?'),
    ],
)
def test_a_bad_line_is_refused_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    config = written(tmp_path, f"# the shop\n{line}\n")
    (error,) = refused(config, {})
    assert error.startswith(f"{config}:{2 + line.count(chr(10))}: ")
    assert said in error


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MICROSEG_BROKR", "a:1", "unknown setting MICROSEG_BROKR; did you mean MICROSEG_BROKER?"),
        ("MICROSEG_PARTITIONS", "four", 'MICROSEG_PARTITIONS must be a whole number from 1 to 10000, not "four"'),
        ("MICROSEG_TOPICS_VIEW", "v", "did you mean MICROSEG_TOPICS_VIEWS?"),
        ("MICROSEG_REDIS", "host:6379", "MICROSEG_REDIS must be a URL such as redis://:password@host:6379/0"),
    ],
)
def test_a_bad_variable_is_refused_by_its_name(name: str, value: str, said: str) -> None:
    (error,) = refused(None, {name: value})
    assert error.startswith("environment: ")
    assert said in error


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    config = written(tmp_path, 'broker = "x"\npartitons = 3\n')
    errors = refused(config, {"MICROSEG_CLOCK": "sun"})
    assert [error.rpartition(":")[0] != "" for error in errors] == [True] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = = 1", ":1:5: "),
        ("a = 1\na = 2", ":2:6: Cannot overwrite a value"),
        ('a = """', ":1:8: "),
    ],
)
def test_what_is_not_toml_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (error,) = refused(written(tmp_path, text), {})
    assert said in error


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.toml", {}) == [f"{tmp_path}/none.toml: no such file"]
    assert refused(tmp_path, {}) == [f"{tmp_path}: Is a directory"]
    (tmp_path / "latin.toml").write_bytes(b'broker = "\xe9"')
    assert refused(tmp_path / "latin.toml", {}) == [f"{tmp_path}/latin.toml: is not UTF-8"]


def test_topics_of_the_shops_own_are_translated_and_workers_read_native_ones(tmp_path: Path) -> None:
    orders = '[topics.purchases]\nname = "hooks"\ndialect = "shopify"\n[topics.orders]\ndialect = "segment"\n'
    environ = {"MICROSEG_TOPICS_CRM_DIALECT": "klaviyo", "MICROSEG_TOPICS_CRM_NAME": "crm-events"}
    settings = load_settings(written(tmp_path, orders), environ)
    assert settings.topics.names() == ("views", "microseg-purchases", "emails", "profiles")
    assert settings.foreign == (
        ("purchases", "hooks", "shopify"),
        ("orders", "orders", "segment"),
        ("crm", "crm-events", "klaviyo"),
    )


def test_a_topic_has_one_dialect(tmp_path: Path) -> None:
    orders = '[topics.purchases]\nname = "hooks"\ndialect = "shopify"\n'
    (error,) = refused(written(tmp_path, orders + '[topics.emails]\nname = "hooks"\n'), {})
    assert error == "the topic hooks is given two dialects, shopify and native; name it auto in both"
    (error,) = refused(written(tmp_path, '[topics.purchase]\nname = "hooks"\n'), {})
    assert error == (
        "topics.purchase: a topic of the shop's own needs a dialect other than native; did you mean topics.purchases?"
    )
    (error,) = refused(written(tmp_path, '[topics.orders]\ndialect = "shopfy"\n'), {})
    assert error.endswith('not "shopfy"; did you mean shopify?')


def test_a_topic_is_not_translated_into_itself(tmp_path: Path) -> None:
    own = '[topics.purchases]\nname = "microseg-purchases"\ndialect = "shopify"\n'
    (error,) = refused(written(tmp_path, own), {})
    assert error == "topics.purchases: microseg-purchases is where its native events go; give it another name"


def test_keys_of_the_front_door_are_secrets() -> None:
    settings = load_settings(None, {"MICROSEG_WEBHOOKS_SHOPIFY_SECRET": "hush-hush"})
    assert settings.secrets() == ("hush-hush",)
    assert "hush" not in repr(settings)


def test_machine_traffic(tmp_path: Path) -> None:
    assert load_settings(None, {}).traffic == Traffic()
    file = written(tmp_path, '[machine]\nviews = "30 in 10s"\nlinks_within = "8s"\n')
    assert load_settings(file, {}).traffic == Traffic(30, 10_000, 8_000)
    assert load_settings(None, {"MICROSEG_MACHINE_VIEWS": "5 in 1s"}).policy().traffic == Traffic(5, 1_000, 0)
    with pytest.raises(SettingsError, match=r'machine.views must be a rate such as "30 in 10s", not '):
        load_settings(written(tmp_path, '[machine]\nviews = "0 in 10s"\n'), {})
