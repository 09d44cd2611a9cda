"""What the token endpoints of the settings are asked: OAuth 2.0's client credentials or refresh token (RFC 6749)."""

from worker.settings.relay import RelaySettings
from worker.smtp.access_token import AccessTokens

_GOOGLE = "https://oauth2.googleapis.com/token"
_MICROSOFT = "https://login.microsoftonline.com/{}/oauth2/v2.0/token"
# https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
_MICROSOFT_SCOPE = "https://outlook.office365.com/.default"


def access_tokens(settings: RelaySettings) -> AccessTokens | None:
    """Build the source of access tokens that the settings name, or None if they name none."""
    if not settings.mail_oauth_endpoint:
        return None
    kind, _, tenant = settings.mail_oauth_endpoint.partition(":")
    url = {"google": _GOOGLE, "microsoft": _MICROSOFT.format(tenant)}.get(kind, settings.mail_oauth_endpoint)
    refresh_token = settings.mail_oauth_refresh_token.get_secret_value()
    # A refresh token has the scope that its user agreed to.
    scope = "" if refresh_token or kind != "microsoft" else _MICROSOFT_SCOPE
    form = {
        "grant_type": "refresh_token" if refresh_token else "client_credentials",
        "refresh_token": refresh_token,
        "client_id": settings.mail_oauth_client_id,
        "client_secret": settings.mail_oauth_client_secret.get_secret_value(),
        "scope": settings.mail_oauth_scope or scope,
    }
    return AccessTokens(url, {name: value for name, value in form.items() if value})
