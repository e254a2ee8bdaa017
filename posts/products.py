"""A product as a post shows it, and what its address and currency may be. Values in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

MAX_URL: Final = 500

# Active codes of ISO 4217, list one, without funds, metals and tests.
CURRENCIES: Final = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905  # as ISO prints it
)

_is_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class Product:
    """Title, address of the product's page, price (not negative, two decimals), ISO 4217 code, address of a picture."""

    title: str
    url: str
    price: Decimal
    currency: str
    image: str = ""


def web_address(value: str) -> str:
    """An absolute http or https address without a user's name in it; raises ValueError for anything else.

    A name before the host ("https://bank.example@evil.example") serves only to deceive, as do characters that nobody
    sees or that turn others around.
    """
    if not value.isprintable():
        raise ValueError("must have visible characters only")
    try:
        _is_address(value)
        deceives = urlsplit(value).username is not None
    except (ValidationError, ValueError):
        raise ValueError("must be an http or https address") from None
    if deceives:
        raise ValueError("must not carry a user name")
    return value


def currency(value: str) -> str:
    """An ISO 4217 code in capitals; raises ValueError for what is none."""
    if value.upper() not in CURRENCIES:
        raise ValueError("must be an ISO 4217 code, such as EUR")
    return value.upper()
