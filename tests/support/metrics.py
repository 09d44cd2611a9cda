"""Parses what /metrics returns."""

from prometheus_client.parser import text_string_to_metric_families

TOKEN = "an-operators-token-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def parsed(text: str) -> dict[str, float]:
    """Parse the text with Prometheus's own parser: 'name' or 'name:label' to value."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {":".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}
    assert len(found) == len(samples)
    return {name.removeprefix("latchkey_"): value for name, value in found.items()}


def counted(metrics: dict[str, float]) -> dict[str, float]:
    """Return the counters above zero, by their field names in Redis."""
    totals = {name.replace("_total", ""): value for name, value in metrics.items() if "_total" in name}
    return {name: value for name, value in totals.items() if value}
