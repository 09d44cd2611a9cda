"""Flask-Limiter's own command lists our limits."""

import re

from click.testing import CliRunner
from flask.cli import FlaskGroup

from api.app import create_app
from api.settings.settings import ApiSettings
from dev.tools.typescript_client import SETTINGS


def test_it_lists_the_limits_of_each_view() -> None:
    limits = {
        "FORGOT_LIMIT_PER_IP": "2/minute;7/hour",
        "FORGOT_LIMIT_PER_EMAIL": "5/day",
        "RESET_LIMIT_PER_IP": "8/minute",
    }
    app = create_app(ApiSettings.load(SETTINGS | limits))

    listed = CliRunner().invoke(FlaskGroup(create_app=lambda: app), ["limiter", "limits"])

    assert listed.exit_code == 0
    views = re.split(r"\n\W*(?=\w+: /)", listed.output.partition("\napi\n")[2])
    found = {view.split(":")[0].strip("─├└ "): re.findall(r"\d+ per \d+ \w+", view) for view in views}
    assert set(found["forgot_password"]) == {
        *("2 per 1 minute", "7 per 1 hour"),
        *("6 per 1 minute", "21 per 1 hour"),
        *("20 per 1 minute", "70 per 1 hour"),
        "5 per 1 day",
    }
    assert set(found["reset_password"]) == {"8 per 1 minute", "24 per 1 minute", "80 per 1 minute"}
    assert found["check_link"] == found["reset_password"]
    assert found["password_policy"] == []
