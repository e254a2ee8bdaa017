"""Addresses that link an order to a person: emails and phone numbers in one written form each."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

EMAIL_CHARS = 254
PHONE_CHARS = 16  # E.164: a plus and at most 15 digits

_EMAIL = re.compile(r"[^\s@<>(),;:\"\\\x00-\x1f\x7f]+@[^\s@<>(),;:\"\\\x00-\x1f\x7f]+")


def normal_email(value: object) -> str:
    """The address trimmed, in NFC and small letters, as allauth stores the verified ones; "" for what is none.

    Nothing else is folded: dots and plus signs stay, and so does the sharp s (`casefold` would make strasse@ and
    straße@, two mailboxes, one buyer).
    """
    if not isinstance(value, str) or len(value) > EMAIL_CHARS * 4:
        return ""
    # NFC again after lowering: small letters of a few composed capitals are written with a combining mark.
    address = unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).strip().lower())
    return address if len(address) <= EMAIL_CHARS and address.isprintable() and _EMAIL.fullmatch(address) else ""


def normal_phone(value: object, region: object = None) -> str:
    """The number in E.164, such as +4930901820; "" for what is no valid number.

    region: ISO 3166 country (two letters) whose national form the number may have; without it only numbers that
    begin with + are read. Letters are refused: 555-PIZZA is an advertisement, not what a buyer verified.
    """
    if not isinstance(value, str) or len(value) > 60 or any(character.isalpha() for character in value):
        return ""
    country = region.upper() if isinstance(region, str) and re.fullmatch("[A-Za-z]{2}", region) else None
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
