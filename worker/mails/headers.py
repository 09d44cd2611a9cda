"""The headers that every email has besides its own: it is automatic, needs no answer and must not be tracked."""

AUTOMATIC = {
    "Auto-Submitted": "auto-generated",  # RFC 3834, 5.
    "X-Auto-Response-Suppress": "All",  # The same for Exchange.
}

# A relay that tracks clicks replaces links by its own: it stores each link with its token, and its scanners may open
# it. These headers turn that off if the relay knows them; others ignore them. They are always sent, because MAIL_SERVER
# may forward to such a relay. Links have attributes for the same purpose: worker/mails/templates/layout.html.
UNTRACKED = {
    # SendGrid: https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-filters
    "X-SMTPAPI": '{"filters": {"clicktrack": {"settings": {"enable": 0}}, "opentrack": {"settings": {"enable": 0}}}}',
    # Mailgun: https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/pass-sending-options
    "X-Mailgun-Track": "no",
    "X-Mailgun-Track-Clicks": "no",
    "X-Mailgun-Track-Opens": "no",
    # Postmark: https://postmarkapp.com/developer/user-guide/tracking-links
    "X-PM-TrackLinks": "None",
    "X-PM-TrackOpens": "false",
    # Mailjet: https://dev.mailjet.com/docs/smtp_relay/custom_headers
    "X-Mailjet-TrackClick": "0",
    "X-Mailjet-TrackOpen": "0",
    # Mandrill tracks what this header lists, whatever the account's settings: here neither opens nor clicks.
    # https://mandrill.zendesk.com/hc/en-us/articles/360039280433
    "X-MC-Track": "none",
    # SparkPost: https://developers.sparkpost.com/api/smtp/
    "X-MSYS-API": '{"options": {"click_tracking": false, "open_tracking": false, "transactional": true}}',
}

# In lower case: what Latchkey, a setting of its own or a relay writes.
OURS = {name.lower() for name in (*AUTOMATIC, *UNTRACKED)}
OURS |= {"subject", "from", "to", "cc", "bcc", "sender", "reply-to", "date", "message-id", "mime-version"}
OURS |= {"return-path", "received", "dkim-signature"}
