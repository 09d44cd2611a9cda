"""How many examples: a hundred, always the same ones, in `make test`; ten thousand, and new ones, in `make fuzz`."""

from hypothesis import HealthCheck, settings

# Where examples are made from other examples, many are thrown away; and fixtures that hypothesis wants anew for each
# example are servers, whose state the properties do not look at.
_CALM = [HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

settings.register_profile(
    "test", max_examples=100, derandomize=True, database=None, deadline=None, suppress_health_check=_CALM
)
settings.register_profile(
    "fuzz", max_examples=10_000, derandomize=False, print_blob=True, deadline=None, suppress_health_check=_CALM
)
settings.load_profile("test")
