"""The headers that every mail has beside its own: made by a program, not to be answered, not to be tracked."""

AUTOMATIC = {
    "Auto-Submitted": "auto-generated",  # RFC 3834, 5.
    "X-Auto-Response-Suppress": "All",  # The same for Exchange.
}

# A relay that counts clicks leads them past itself: it stores each link with its token, and its scanners may open it.
# These headers switch that off where the relay knows them, and say nothing to others. They are always sent, because
# behind MAIL_SERVER may stand a smart host. Links have attributes for the same: worker/mails/templates/layout.html.
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
    # Mandrill tracks what it lists, and overrides the account: this lists neither opens nor clicks.
    # https://mandrill.zendesk.com/hc/en-us/articles/360039280433
    "X-MC-Track": "none",
    # SparkPost: https://developers.sparkpost.com/api/smtp/
    "X-MSYS-API": '{"options": {"click_tracking": false, "open_tracking": false, "transactional": true}}',
}
