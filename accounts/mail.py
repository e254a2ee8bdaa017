"""Mail and text messages in development: a file each in var/mail/, named so that a script finds its own."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

_number = itertools.count()


def _path(recipient: str, suffix: str) -> Path:
    folder = Path(settings.EMAIL_FILE_PATH)
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9@.+_-]", "_", recipient)[:100]
    return folder / f"{time.time_ns()}-{next(_number)}-{name}{suffix}"


class MailFolder(BaseEmailBackend):
    """Writes each message to `<nanoseconds>-<n>-<recipient>.eml`, whole before it appears under that name."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were written."""
        for message in email_messages:
            for recipient in message.recipients():
                target = _path(recipient, ".eml")
                draft = target.with_suffix(".part")
                draft.write_bytes(message.message().as_bytes())
                draft.rename(target)
        return len(email_messages)


def text_message_to_folder(phone: str, text: str) -> None:
    """The development SMS_SENDER."""
    _path(phone, ".sms").write_text(text, encoding="utf-8")


def no_text_messages(phone: str, text: str) -> None:
    """The production SMS_SENDER until an operator names one: says in one line what is missing."""
    raise NotImplementedError("Set SMS_SENDER to a function (phone, text) that sends text messages.")
