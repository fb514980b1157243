"""The functions' environments: what each must have, and what it says when that is wrong."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.data_loader import handler as data_loader
from handlers.msk_producer import handler as msk_producer
from handlers.telemetry_generator import handler as telemetry_generator
from tests.bad_input.case import REPLIED, Case, Outcome, Surface, environment, of_reply
from tests.handlers.fakes import FakeContext

# Nothing listens there: what is not refused before the network fails at once.
NOWHERE = {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}
GENERATOR = {
    **NOWHERE,
    "MSK_PRODUCER_FUNCTION_NAME": "AcmeTelemetry-Producer",
    "DATA_LOADER_FUNCTION_NAME": "AcmeTelemetry-DataLoader",
    "DATA_BUCKET": "acme-telemetry-000000000000-eu-central-1",
    "GENERATOR_SEED": "7",
    "GENERATOR_PROFILE": "steady",
    "PRODUCER_TIMEOUT_SECONDS": "60",
    "DATA_LOADER_TIMEOUT_SECONDS": "180",
    "METRIC_NAMESPACE": "AcmeTelemetry",
}
DATA_LOADER = {
    **NOWHERE,
    "DATA_BUCKET": "acme-telemetry-000000000000-eu-central-1",
    "WORKGROUP": "acme-telemetry",
    "REFERENCE_DATABASE": "acme_streaming_data",
    "TELEMETRY_DATABASE": "acme_telemetry",
    "CACHE_TTL_MINUTES": "60",
    "METRIC_NAMESPACE": "AcmeTelemetry",
}
PRODUCER = {
    **NOWHERE,
    "BOOTSTRAP_BROKERS": "b-1.acme.a1.c2.kafka.eu-central-1.amazonaws.com:9098",
    "TOPIC": "acme-telemetry",
    "TOPIC_PARTITIONS": "3",
    "METRIC_NAMESPACE": "AcmeTelemetry",
}
FUNCTIONS = {
    "generator": (telemetry_generator.handle, GENERATOR, {"test": True}),
    "data loader": (data_loader.handle, DATA_LOADER, {}),
    "producer": (msk_producer.handle, PRODUCER, {"describe_topic": True}),
}


def run(given: tuple[str, Mapping[str, str | None]]) -> Outcome:
    """A good payload to a function whose environment has these variables (None: not set)."""
    name, changes = given
    handle, whole, payload = FUNCTIONS[name]
    variables = {name: value for name, value in {**whole, **changes}.items() if value is not None}
    with environment(variables):
        return of_reply(lambda: handle(payload, FakeContext()))


def one(function: str, name: str, *values: str | None) -> tuple[Case, ...]:
    """The cases of one variable: what it may not be."""
    return tuple(
        Case(
            (function, {name: value}),
            "E_CFG_ENVIRONMENT",
            name,
            REPLIED if function == "producer" else None,
            f"{function} {name} is not set" if value is None else f"{function} {name}={value}",
        )
        for value in values
    )


def without_all(function: str, *names: str) -> Case:
    """A function without any of its variables."""
    return Case(
        (function, dict.fromkeys(names)),
        "E_CFG_ENVIRONMENT",
        names,
        REPLIED if function == "producer" else None,
        f"the {function} with none of its variables",
    )


ELSEWHERE = "boot-a1.c1.{}.us-east-1.amazonaws.com:9098"
CASES = (
    without_all("generator", *(name for name in GENERATOR if name not in NOWHERE)),
    without_all("data loader", *(name for name in DATA_LOADER if name not in NOWHERE)),
    without_all(
        "producer", "BOOTSTRAP_BROKERS", "TOPIC", "TOPIC_PARTITIONS", "AWS_REGION",
        "METRIC_NAMESPACE",
    ),
    *one("generator", "MSK_PRODUCER_FUNCTION_NAME", None, "", "a b", "x" * 65, "arn:aws:lambda:x"),
    *one("generator", "DATA_LOADER_FUNCTION_NAME", None, "", "Loader\n"),
    *one("generator", "DATA_BUCKET", None, "", "Upper", "a", "has_underscore", "a" * 64, "a.b.c",
         "-acme", "acme-", "s3://acme"),
    *one("generator", "GENERATOR_SEED", None, "", "-1", "1.5", "7e3", "٣", "9" * 30, "x"),
    *one("generator", "GENERATOR_PROFILE", None, "", "Steady", "storm"),
    *one("generator", "PRODUCER_TIMEOUT_SECONDS", None, "0", "901", "1m"),
    *one("generator", "DATA_LOADER_TIMEOUT_SECONDS", None, "-1", "901"),
    *one("generator", "METRIC_NAMESPACE", None, "", "a b", "x" * 256),
    *one("data loader", "DATA_BUCKET", None, "UPPER"),
    *one("data loader", "WORKGROUP", None, "", "a b", "x" * 129, "w;drop"),
    *one("data loader", "REFERENCE_DATABASE", None, "", "Acme", "a-b", "a.b", "a'; drop table x"),
    *one("data loader", "TELEMETRY_DATABASE", None, "", "a b", "x" * 256),
    *one("data loader", "CACHE_TTL_MINUTES", None, "", "0", "1441", "1h", " 60", "60.0", "٦٠"),
    *one(
        "producer", "BOOTSTRAP_BROKERS",
        *(None, "", "host", "host:", ":9098", "host:0", "host:99999", "host:65536", "host:x"),
        *("http://host:9098", "host:9098,", "host:9098, other:9098", "host:9098\n", " host:9098"),
        *("host:9098;other:9098", "-host:9098", "ho st:9098", "host:٩٠٩٨", "host:9٠98"),
        *("[::1]:9098", ",", "h" * 300 + ":9098", "user:pass@host:9098"),
        *("a..b:9098", ".a:9098", "a.:9098", "a-.b:9098", "a.-b:9098", "good:1,a..b:9098"),
        *("l" * 64 + ".b:9098", "b." + "m" * 64 + ":9098", ".".join(["n" * 62] * 5) + ":9098"),
    ),
    *one("producer", "TOPIC", None, "", ".", "..", "bad topic!", "a/b", "x" * 250, "ü", "a\n"),
    *one("producer", "TOPIC_PARTITIONS", None, "", "0", "-1", "1.5", "1001", "three"),
    *one("producer", "AWS_REGION", None, "", "EU West", "eu-central", "None", "eu-central-1 "),
    *one("producer", "METRIC_NAMESPACE", None, "a\tb"),
    *(
        Case(("producer", {"BOOTSTRAP_BROKERS": ELSEWHERE.format(service)}), "E_CFG_REGION",
             "AWS_REGION", REPLIED, f"brokers of another region ({service})")
        for service in ("kafka", "kafka-serverless")
    ),
    *(
        Case(("producer", {"BOOTSTRAP_BROKERS": f"b-1.acme.{host}:9098"}), "E_CFG_REGION",
             "AWS_REGION", REPLIED, f"brokers of another region ({words})")
        for words, host in (
            ("China", "kafka.cn-north-1.amazonaws.com.cn"),
            ("in capitals", "KAFKA.US-EAST-1.AMAZONAWS.COM"),
        )
    ),
)  # fmt: skip
SURFACE = Surface("environment of a function", "`statusCode`, or replied", 400, run, CASES)
