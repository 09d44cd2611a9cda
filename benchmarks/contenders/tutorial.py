"""The way of most tutorials: look up the address, sign a token and send the mail while the client waits."""

from flask import request
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from benchmarks.contenders.mailing import find, make_app, send_link

app = make_app()


class ForgotPassword(MethodView):
    """The `/forgot-password` resource."""

    def post(self) -> ResponseReturnValue:
        """Mail a link, or report that there is no such user."""
        user = find(request.get_json()["email"])
        if user is None:
            return {"message": "There is no account with this address."}, 404
        send_link(user)
        return {"message": "A mail is on its way."}, 200


app.add_url_rule("/forgot-password", view_func=ForgotPassword.as_view("forgot_password"))
