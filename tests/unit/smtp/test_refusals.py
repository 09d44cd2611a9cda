"""Whose fault a refusal is, in the words of real relays."""

import time

import pytest

from worker.smtp.refusals import Fault, fault_of

MAX_SECONDS = 0.2  # For 64 kB; what takes the square of the length takes more than that.
RECIPIENT = [
    # Postfix
    "RCPT 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
    "RCPT 550 5.1.1 <ada@example.com>: Recipient address rejected: host relay.example.net said: 550 5.1.1 User",
    "RCPT 501 5.1.3 Bad recipient address syntax",
    "RCPT 554 5.4.4 <ada@example.com>: Recipient address rejected: Host or domain name not found",
    "RCPT 550 5.1.2 <ada@example.invalid>: Recipient address rejected: Domain not found",
    "RCPT 556 5.1.10 <ada@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)",
    "RCPT 550 5.1.6 <ada@example.com>: Recipient address rejected: User has moved to ada@example.net",
    "RCPT 552 5.2.2 <ada@example.com>: Recipient address rejected: Mailbox is full",
    "DATA 550 5.1.1 <ada@example.com>: user unknown",
    # Exim
    "RCPT 550 Unknown user",
    "RCPT 550 Unrouteable address",
    "RCPT 550 No such user here",
    "RCPT 553 Invalid/inactive user",
    "RCPT 554 Mailbox quota exceeded",
    "RCPT 550 5.4.310 DNS domain example.invalid does not exist",
    "RCPT 550 5.1.351 Remote server returned unknown recipient or mailbox unavailable",
    "RCPT 550 Callout verification failed:\n550 5.1.1 <ada@example.com> User doesn't exist",
    # qmail, Cisco, Haraka, hMailServer
    "RCPT 550 sorry, no mailbox here by that name. (#5.1.1)",
    "RCPT 554 delivery error: dd Sorry, your message cannot be delivered. This mailbox is disabled (554.30).",
    "RCPT 550 #5.1.0 Address rejected.",
    "RCPT 550 5.1.1 No such user, check your address book",
    # Gmail, Outlook, Microsoft 365, Yahoo, iCloud, GMX, Mail.ru, QQ, Mimecast
    "RCPT 550 5.1.1 The email account that you tried to reach does not exist. Please try\n5.1.1 double-checking",
    "RCPT 550 5.2.1 The email account that you tried to reach is disabled.",
    "RCPT 552 5.2.2 The email account that you tried to reach is over quota.",
    "RCPT 550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [VI1EUR04FT042.eop-eur04.prod]",
    "RCPT 550 5.4.1 Recipient address rejected: Access denied. [AM7EUR03FT030.eop-EUR03.prod.protection.outlook.com]",
    "RCPT 550 5.4.1 All recipient addresses rejected : Access denied [AM6EUR05FT053.eop-eur05.prod]",
    "RCPT 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@example.com not found by SMTP address lookup",
    "RCPT 554 delivery error: dd This user doesn't have a yahoo.com account (ada@yahoo.com) [0]",
    "RCPT 550 5.1.1 <ada@icloud.com>: user does not exist",
    "RCPT 550 Requested action not taken: mailbox unavailable",
    "RCPT 550 Message was not accepted -- invalid mailbox.  Local mailbox ada@mail.ru is unavailable: user not found",
    "RCPT 550 Mailbox not found. https://service.mail.qq.com/detail/0/20022",
    "RCPT 550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [abc]",
    # Amazon SES
    "RCPT 501 Invalid RCPT TO address provided",
    # RFC 5321, RFC 6531
    "RCPT 551 User not local; please try <forward-path>",
    "RCPT 550 5.6.7 Non-ASCII addresses not permitted for that sender/recipient",
    "MAIL 553 5.6.7 SMTPUTF8 is not possible here",
    # The words of an address are not the relay's.
    "RCPT 550 5.1.1 <sender@relay.example.com>: user unknown",
]

OPERATOR = [
    # Postfix
    "RCPT 554 5.7.1 <ada@example.com>: Relay access denied",
    "RCPT 454 4.7.1 <ada@example.com>: Relay access denied",
    "RCPT 550 5.1.0 <no-reply@example.org>: Sender address rejected: User unknown in local recipient table",
    "RCPT 550 5.1.8 <no-reply@example.org>: Sender address rejected: Domain not found",
    "RCPT 450 4.1.8 <no-reply@example.org>: Sender address rejected: Domain not found",
    "RCPT 550 5.1.7 <no-reply@example.org>: Sender address rejected: undeliverable address",
    "RCPT 553 5.7.1 <no-reply@example.org>: Sender address rejected: not owned by user latchkey@example.org",
    "RCPT 504 5.5.2 <3f2a1b>: Helo command rejected: need fully-qualified hostname",
    "RCPT 450 4.7.1 <3f2a1b>: Helo command rejected: Host not found",
    "RCPT 554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
    "RCPT 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "MAIL 552 5.3.4 Message size exceeds fixed limit",
    "DATA 552 5.3.4 Error: message file too big",
    "DATA 550 5.7.1 Message rejected as spam",
    "MAIL 530 5.7.0 Must issue a STARTTLS command first",
    # Exim, cPanel
    "RCPT 550 relay not permitted",
    "RCPT 550 Relaying to <ada@example.com> prohibited by administrator",
    "RCPT 550 Verification failed for <no-reply@example.org>\nUnrouteable address\nSender verify failed",
    "RCPT 550 Please turn on SMTP Authentication in your mail client",
    "RCPT 550 Administrative prohibition",
    "DATA 550 Domain example.org has exceeded the max emails per hour (500/500 (100%)) allowed. Message discarded.",
    # qmail, Exchange, Haraka, Cisco
    "RCPT 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "RCPT 550 5.7.1 Unable to relay for ada@example.com",
    "RCPT 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
    "RCPT 550 I cannot deliver mail for <ada@example.com>",
    "RCPT 550 #5.7.1 Relaying denied",
    # Microsoft 365
    "DATA 554 5.2.252 SendAsDenied; latchkey@example.org not allowed to send as no-reply@example.org",
    "DATA 554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process",
    "DATA 550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    "DATA 554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message",
    "MAIL 530 5.7.57 Client not authenticated to send mail.",
    "AUTH 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
    "AUTH 550 5.7.30 Basic authentication is not supported for Client Submission.",
    "RCPT 550 5.4.1 Relay Access Denied",
    "DATA 550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    # Gmail
    "RCPT 550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to",
    "DATA 550 5.4.5 Daily SMTP relay sending limit exceeded for customer.",
    "RCPT 550 5.7.0 Mail relay denied [192.0.2.1]. Invalid credentials for relay for one of the domains",
    "AUTH 535 5.7.8 Username and Password not accepted. For more information, go to",
    "DATA 550 5.7.26 This mail has been blocked because the sender is unauthenticated.",
    # Amazon SES
    "DATA 554 Message rejected: Email address is not verified. The following identities failed the check",
    "DATA 554 Access denied: User `arn:aws:iam::1:user/latchkey' is not authorized to perform `ses:SendRawEmail'",
    "DATA 554 Message rejected: Sending paused for this account. For more information, please check the inbox",
    "DATA 454 Throttling failure: Daily message quota exceeded.",
    "MAIL 501 Invalid MAIL FROM address provided",
    "AUTH 535 Authentication Credentials Invalid",
    # SendGrid
    "DATA 550 The from address does not match a verified Sender Identity.",
    "DATA 403 You are not authorized to send from that email address",
    "MAIL 550 Unauthenticated senders not allowed",
    "AUTH 451 Authentication failed: Maximum credits exceeded",
    # Mailgun, Postmark, Mailjet, Brevo, SMTP2GO, Postal
    "DATA 421 Domain mg.example.org is not allowed to send: Please activate your Mailgun account.",
    "RCPT 550 5.7.1 Relaying denied",
    "DATA 550 5.7.1 The 'From' address you supplied is not a Sender Signature on your account.",
    "DATA 550 Sender's address isn't validated",
    "AUTH 502 5.7.0 Your SMTP account is not yet activated. Contact us at contact@sendinblue.com",
    "AUTH 525 5.7.1 Unauthorized IP address",
    "DATA 550 From header sender domain not verified (example.org)",
    "DATA 530 From/Sender name is not valid",
    # Zoho, Yandex, Hetzner and GMX
    "DATA 553 Relaying disallowed as no-reply@example.org",
    "DATA 550 5.4.6 Unusual sending activity detected. Please try after sometime",
    "RCPT 553 5.7.1 Sender address rejected: not owned by auth user.",
    "DATA 554 5.7.1 [2] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc",
    "RCPT 550 Requested action not taken: mailbox unavailable\nSender address is not allowed.",
    "DATA 554 Message rejected: Your account is disabled",
    # Before any mail
    "GREETING 554 5.7.1 No SMTP service here",
    "GREETING 521 example.net does not accept mail",
    "GREETING -1 -2.0-OpenSSH_9.2",
    "GREETING 250 OK",
    "EHLO 550 5.7.1 Helo invalid: [127.0.0.1]",
    "EHLO 501 Syntactically invalid EHLO argument(s)",
    "EHLO -1",
    "STARTTLS 501 5.5.4 no parameters",
    # Untold
    "RCPT 550",
    "RCPT 550 No",
    "DATA 554 Transaction failed",
    "DATA 554 5.0.0 Rejected",
]

PASSING = [
    "GREETING 421 4.3.2 Service not available, closing transmission channel",
    "GREETING 421 4.7.0 Try again later, closing connection.",
    "EHLO 421 4.7.0 Try again later, closing connection.",
    "STARTTLS 454 4.7.0 TLS not available due to temporary reason",
    "AUTH 454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
    "AUTH 421 4.7.0 Too many login attempts, please try again later.",
    "AUTH 432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending",
    "MAIL 452 4.3.1 Insufficient system storage",
    "DATA 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded; try again later",
    "RCPT 450 4.2.0 <ada@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/",
    "RCPT 451 4.7.1 Greylisting in action, please come back later",
    "RCPT 450 4.1.1 <ada@example.com>: Recipient address rejected: unverified address: in progress",
    "RCPT 450 4.2.1 The user you are trying to contact is receiving mail at a rate that",
    "RCPT 452 4.2.2 The email account that you tried to reach is over quota.",
    "RCPT 451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.",
    "RCPT 421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
    "DATA 454 Throttling failure: Maximum sending rate exceeded.",
    "DATA 421 4.4.5 Sending rate limit exceeded",
    "DATA 451 4.3.0 Temporary lookup failure",
    "DATA 421 4.7.28 Gmail has detected an unusual rate of unsolicited mail",
]


def parted(refusal: str) -> tuple[str, int, str]:
    stage, code, *text = refusal.split(" ", 2)
    return stage, int(code), "".join(text)


@pytest.mark.parametrize("refusal", RECIPIENT)
def test_a_mailbox_that_does_not_take_the_mail_is_final(refusal: str) -> None:
    assert fault_of(*parted(refusal)) is Fault.RECIPIENT


@pytest.mark.parametrize("refusal", OPERATOR)
def test_what_concerns_the_sender_the_account_or_the_relay_is_the_operators(refusal: str) -> None:
    assert fault_of(*parted(refusal)) is Fault.OPERATOR


@pytest.mark.parametrize("word", ["unrout", "relay ", "user ", "n't have an ", "sender ", "1.1", "no such ", "not "])
def test_a_long_answer_takes_no_time(word: str) -> None:
    begun = time.process_time()

    fault_of("RCPT", 550, word * (65536 // len(word)))

    assert time.process_time() - begun < MAX_SECONDS


@pytest.mark.parametrize("refusal", PASSING)
def test_what_the_relay_calls_passing_is_tried_again(refusal: str) -> None:
    assert fault_of(*parted(refusal)) is Fault.PASSING
