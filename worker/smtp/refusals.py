"""Whose fault it is that a relay refuses: the recipient's, the operator's, or nobody's for long.

Only a recipient's own refusal is final, because it concerns one email. What concerns the sender, the account or the
relay concerns every email: burying them all would lose what was accepted.

Sources: reply codes, RFC 5321 (4.2) and RFC 7504; enhanced codes, RFC 3463, RFC 5248 and IANA's registry of them; null
MX, RFC 7505; SMTPUTF8, RFC 6531; the texts of Postfix, Exim, qmail, Haraka, Microsoft 365, Gmail, Amazon SES, SendGrid,
Mailgun, Postmark, Mailjet, Brevo, Zoho and Yandex, as tests/unit/smtp/test_refusals.py quotes them.
"""

import re
from enum import Enum

from shared.log import redact

MAX_SORTED = 2000  # Characters of an answer that are looked at. Some patterns take the square of the length.
_PASSING = range(400, 500)
# The recipient's host takes no email (RFC 7504), or the user is elsewhere (RFC 5321).
_RECIPIENT_REPLIES = {551, 556}
# Mailbox unknown, moved, full or disabled, or its host unknown. Microsoft says 5.4.1 or 5.1.351 for an unknown mailbox
# and 5.4.310 for an unknown domain.
_RECIPIENT = {"1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "1.351", "2.1", "2.2", "2.3", "2.4"}
_RECIPIENT |= {"4.1", "4.4", "4.310"}
_SMTPUTF8 = {"6.7", "6.9"}  # The address is not ASCII, and a host on the way takes only ASCII.
# These codes mean "other" and give no reason: only the words do. Outlook.com says 5.5.0 for an unknown mailbox.
_UNTOLD = {"0.0", "1.0", "2.0", "3.0", "4.0", "5.0", ""}
# Of the same class as the reply; not a part of an IP address. qmail and Cisco write "#5.1.1".
_ENHANCED = r"(?<![\d.]){}\.(\d{{1,3}}\.\d{{1,3}})(?!\.?\d)"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# The sender, the account or this machine, even if the code is passing or names the recipient.
_OURS = _any(
    r"\brelay(?:ing)?\b[^.:;]{0,40}\b(?:denied|permitted|allowed|prohibited|disallowed|refused|rejected|forbidden)",
    r"\b(?:to|not|cannot|don't) relay\b|rcpthosts",
    r"\bsender (?:address )?(?:rejected|verif\w+|identity|signature)",
    r"(?:client host|helo command|ehlo command) rejected",
    r"not (?:yet |been )*(?:verified|validated|activated)|isn't (?:verified|validated|activated)",
    r"not (?:\w+ )?(?:authori[sz]ed|allowed|permitted) to send|send ?as ?denied",
    r"\bsending (?:\w+ ){0,2}(?:paused|suspended)",
    r"(?:daily|hourly|monthly|sending|outgoing|submission)(?: (?!rate)\w+){0,3} ?(?:quota|limit)",
    r"credits|max(?:imum)? emails",
    r"(?:your|this) account (?:\w+ ){0,3}(?:locked|suspended|disabled|blocked)",
)
# The same, if the code is final: "sender thread limit exceeded" with a passing code is passing.
_SENDER = _any(
    r"(?<![\w.-])sender(?![\w-]|\.\w)",
    r"(?:mail |header )?from:? address|mail from",
    r"\byour (?:\w+ )?(?:account|domain|ip|server|host|network|plan)\b",
)
# The receiving mailbox.
_MAILBOX = _any(
    r"(?:no such|unknown|invalid|bad|non-?existent|undeliverable)[ /](?:\w+ )?"
    r"(?:user|recipient|mailbox|address|person)",
    r"\b(?:user|recipient|mailbox|address|person)\b.{0,60}"
    r"\b(?:unknown|not found|not exist|n't exist|no longer|as invalid)",
    r"\bmailbox\b.{0,40}\b(?:unavailable|not available|disabled|inactive|invalid|full|closed|quota|moved)",
    r"\baccount\b.{0,20}\b(?:not found|not exist|n't exist)|no such account|n't have an? .{0,40}account",
    r"no (?:valid )?(?:mailbox|recipient)|not a valid (?:mailbox|user|recipient)",
    r"unrout\w+ address|(?:recipient|address) rejected|invalid rcpt",
)


class Fault(Enum):
    """Whose a refusal is."""

    RECIPIENT = "This mailbox will never take the email."
    PASSING = "Another attempt later may succeed."
    OPERATOR = "No email goes out until somebody corrects the settings or the relay."


def fault_of(stage: str, code: int, text: str) -> Fault:
    """Sort a refusal by what was refused (GREETING, EHLO, STARTTLS, AUTH, MAIL, RCPT or DATA), its code and its words.

    A final refusal without a known reason is the operator's fault: a needless alarm does less harm than a lost email.
    """
    # The words of an address are not the relay's.
    said = redact(" ".join(text[:MAX_SORTED].split()))
    enhanced = re.search(_ENHANCED.format(code // 100), said)
    detail = enhanced[1] if enhanced else ""
    if code in _PASSING:
        return Fault.OPERATOR if _OURS.search(said) else Fault.PASSING
    if detail in _SMTPUTF8:
        return Fault.RECIPIENT
    if stage not in {"RCPT", "DATA"} or _OURS.search(said) or _SENDER.search(said):
        return Fault.OPERATOR
    told = detail in _RECIPIENT or code in _RECIPIENT_REPLIES
    return Fault.RECIPIENT if told or (detail in _UNTOLD and _MAILBOX.search(said)) else Fault.OPERATOR
