"""Write emails from jobs and links: subject, text, HTML and headers. Each email has a folder of templates."""

import textwrap
from dataclasses import dataclass
from functools import cached_property

from flask_babel import force_locale, get_translations
from flask_mail import Message
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context, select_autoescape

from shared.addresses import envelope
from shared.languages import LANGUAGES, language_values, lifetime, tag
from shared.outbox.jobs import Job
from shared.templates.templates import Templates
from worker.mails.headers import AUTOMATIC, UNTRACKED
from worker.mails.mime import Mail
from worker.mails.request_details import origin
from worker.settings.settings import MailSettings

_WRAPPER = textwrap.TextWrapper(72, break_long_words=False, break_on_hyphens=False)


@dataclass(frozen=True)
class Messages:
    """Writes the emails, each in the language of its job. Needs the context of an app with Flask-Babel."""

    settings: MailSettings

    def reset(self, job: Job, address: str, token: str) -> Message:
        """Write the email with the link.

        Raises InvalidAddress if the stored address cannot be emailed to.
        """
        return self._write("reset", job, job.id, address, link=link(self.settings.reset_url, token))

    def first_password(self, job: Job, address: str, token: str) -> Message:
        """Write the email with the link for an account that has no password yet.

        Raises InvalidAddress.
        """
        return self._write("first_password", job, job.id, address, link=link(self.settings.reset_url, token))

    def sign_in(self, job: Job, address: str) -> Message:
        """Write the email that says how to sign in to an account that has no password.

        Raises InvalidAddress.
        """
        return self._write("sign_in", job, job.id, address)

    def password_changed(self, job: Job) -> Message:
        """Write the notice that the password was changed.

        Its Message-ID is made from the state of the old password and not from the job, so that a second notice of the
        same change is recognisable. Raises InvalidAddress.
        """
        return self._write("password_changed", job, job.old_state, job.address)

    def _write(self, name: str, job: Job, mail_id: str, address: str, **values: str) -> Message:
        recipient = envelope(address)
        language = job.locale if job.locale in LANGUAGES else self.settings.babel_default_locale
        with force_locale(language):
            subject, text, html = self._texts(name, job, language, {**values, "address": recipient})
        message = Mail(
            subject,
            recipients=[recipient],
            body=text,
            html=html,
            sender=self.settings.sender[1],
            reply_to=self.settings.reply_to,
            extra_headers={
                **AUTOMATIC,
                "Content-Language": tag(language),
                **UNTRACKED,
                **self.settings.mail_extra_headers,
            },
        )
        message.sender = self.settings.sender  # Not as an argument: Flask-Mail would join both into one text.
        # An email that is sent twice, which is rare, keeps its id, so that the second one is recognisable.
        message.msgId = f"<{mail_id}@{self.settings.sender[1].partition('@')[2]}>"
        return message

    def _texts(self, name: str, job: Job, language: str, values: dict[str, str]) -> list[str]:
        """Write subject, text and HTML in the current language."""
        settings = self.settings
        known = values | {
            "product": settings.product_name,
            "support": settings.support_email,
            "account": job.account,
            "sign_in_url": settings.sign_in_url,
            "sign_in_hint": settings.sign_in_hint,
            "color": settings.brand_color,
            "on_color": settings.on_brand_color,
            "edge_color": settings.edge_color,
            "link_color": settings.link_color,
            "dark_color": settings.dark_brand_color,
            **language_values(language),
            "catalogue": get_translations(),
            "lifetime": lifetime(settings.reset_token_max_age),
            "origin": origin(job, language, settings.babel_default_timezone) if settings.mail_show_request else None,
        }
        subject = self.environment.get_template(f"{name}/subject.txt").render(known).strip()
        bodies = [self.environment.get_template(f"{name}/body.{kind}") for kind in ("txt", "html")]
        return [subject, *(body.render(known, subject=subject) for body in bodies)]

    @cached_property
    def templates(self) -> Templates:
        """The templates of the emails: those of the operator's folder before ours."""
        return Templates(self.settings.template_folder, "mails", PackageLoader("worker.mails"))

    @cached_property
    def environment(self) -> Environment:
        """Jinja's environment for emails: compiled once, escaping in HTML, with texts in the current language."""
        environment = Environment(
            loader=self.templates.loader,
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            auto_reload=False,  # Otherwise it would check the files for each email.
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.filters["wrapped"] = wrapped
        environment.install_gettext_callables(  # type: ignore[attr-defined] # The extension adds it.
            # Flask-Babel would look up the catalogue for each text, which took a fifth of the time of an email.
            gettext=pass_context(lambda context, text: context["catalogue"].ugettext(text)),
            ngettext=pass_context(lambda context, *texts: context["catalogue"].ungettext(*texts)),
            newstyle=True,  # Escapes placeholders as their template is escaped.
        )
        return environment


def wrapped(text: str) -> str:
    """Wrap long lines between words, and never break a link."""
    return "\n".join(line if len(line) <= _WRAPPER.width else _WRAPPER.fill(line) for line in text.split("\n"))


def link(reset_url: str, token: str) -> str:
    """Return the link for a token; a fragment by default, because it reaches no server, log or Referer."""
    return reset_url.replace("{token}", token) if "{token}" in reset_url else f"{reset_url}#token={token}"
