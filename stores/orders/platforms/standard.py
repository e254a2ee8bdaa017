"""Standard Webhooks: for shops of one's own making. Their signature, our payload.

Signature, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the headers
`webhook-id`, `webhook-timestamp` (Unix seconds, at most 5 minutes away from our clock) and `webhook-signature`, a list
parted by blanks of `v1,<base64>`; one must be HMAC-SHA256 over "id.timestamp.body". The secret is `whsec_` and the
base64 of 24 to 64 random bytes. The id is signed and stays the same when a delivery is repeated.

Payload, `order.updated` (or `order.created`: both are the order as it now stands):

    {"type": "order.updated", "timestamp": "2026-01-31T18:00:00Z",
     "data": {"id": "A-1007", "number": "1007", "status": "paid", "currency": "EUR", "total": "39.00",
              "email": "ana@example.com", "phone": "030 901820", "country": "DE", "customer_id": "77",
              "items": [{"id": "1", "product_id": "87", "title": "Tea", "sku": "T-1", "quantity": 1, "price": "20.00"}],
              "refunds": [{"id": "R-1", "amount": "19.00", "at": "2026-02-03T09:30:00Z",
                           "lines": [{"item_id": "1", "quantity": 1}]}],
              "placed_at": "2026-01-31T17:59:00Z", "paid_at": "2026-01-31T18:00:00Z",
              "updated_at": "2026-01-31T18:00:00Z"}}

`refund.created`, where `currency` may be left out for the order's own:

    {"type": "refund.created", "timestamp": "2026-02-03T09:30:00Z",
     "data": {"id": "R-1", "order_id": "A-1007", "amount": "19.00", "currency": "EUR", "at": "2026-02-03T09:30:00Z",
              "lines": []}}

Needed are id, status, currency, total and updated_at of an order; id, order_id and amount of a refund. `status` is
pending, paid, partially_refunded, refunded or cancelled; `updated_at` is the shop's clock at the order's last change.
Sums are texts or numbers, ids texts or whole numbers, `"test": true` marks an order that is no purchase. A field that
is not named here is refused, so that a slip ("refund" for "refunds") is seen; other types are ignored.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.text import one_line
from stores.orders import values
from stores.orders.contact import normal_email, normal_phone
from stores.orders.facts import ITEMS_MAX, NUMBER_CHARS, SKU_CHARS, TITLE_CHARS, Item, OrderFacts, RefundFacts, Status
from stores.orders.platforms import signing
from stores.orders.platforms.base import BadSignature, Reading, Unreadable, WeakSecret, header
from stores.orders.platforms.fields import json_object

TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
KEY_BYTES = range(24, 65)
SIGNATURES_CHARS = 2_048  # room for two dozen keys in rotation
ERRORS_SHOWN = 10

_MESSAGE_ID = re.compile(r"[!-\-/-~]{1,100}")  # visible ASCII without the dot, which parts what is signed
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

Id = Annotated[str, BeforeValidator(values.identifier)]
MaybeId = Annotated[str | None, BeforeValidator(values.optional(values.identifier))]
Sum = Annotated[Decimal, BeforeValidator(values.amount)]
Currency = Annotated[str, BeforeValidator(values.currency)]
Moment = Annotated[datetime, BeforeValidator(values.moment)]
MaybeMoment = Annotated[datetime | None, BeforeValidator(values.optional(values.moment))]
Quantity = Annotated[int, BeforeValidator(values.quantity)]
Title = Annotated[str, BeforeValidator(partial(values.text, most=TITLE_CHARS))]
Short = Annotated[str, BeforeValidator(partial(values.text, most=SKU_CHARS))]


class Strict(BaseModel):
    """A part of the payload: a field that we do not know is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LineIn(Strict):
    """What a refund takes back of one item."""

    item_id: Id
    quantity: Quantity


class RefundIn(Strict):
    """A refund within its order."""

    id: Id
    amount: Sum
    at: MaybeMoment = None
    lines: list[LineIn] = []

    def facts(self, *, order_id: str, currency: str) -> RefundFacts:
        """As facts, in the order's currency."""
        lines = tuple((line.item_id, line.quantity) for line in self.lines)
        return RefundFacts(self.id, order_id, self.amount, currency, self.at, lines)


class LoneRefundIn(RefundIn):
    """A refund that comes by itself."""

    order_id: Id
    currency: Annotated[str | None, BeforeValidator(values.optional(values.currency))] = None


class ItemIn(Strict):
    """One line of an order."""

    id: Id
    product_id: MaybeId = None
    title: Title = ""
    sku: Short = ""
    quantity: Quantity = 1
    price: Annotated[Decimal | None, BeforeValidator(values.optional(values.amount))] = None


class OrderIn(Strict):
    """An order as it now stands."""

    id: Id
    number: Annotated[str, BeforeValidator(partial(values.text, most=NUMBER_CHARS))] = ""
    status: Status
    currency: Currency
    total: Sum
    email: str | None = None
    phone: str | None = None
    country: str | None = Field(default=None, max_length=2)
    customer_id: MaybeId = None
    items: list[ItemIn] = []
    refunds: list[RefundIn] = []
    placed_at: MaybeMoment = None
    paid_at: MaybeMoment = None
    updated_at: Moment
    test: bool = False

    def facts(self) -> OrderFacts:
        """As facts; without placed_at, the order was placed when it was paid or, at the latest, told."""
        return OrderFacts(
            external_id=self.id,
            number=self.number or self.id[:NUMBER_CHARS],
            state=self.status,
            currency=self.currency,
            total=self.total,
            refunds=tuple(refund.facts(order_id=self.id, currency=self.currency) for refund in self.refunds),
            email=normal_email(self.email),
            phone=normal_phone(self.phone, self.country),
            customer_id=self.customer_id or "",
            items=tuple(
                Item(item.id, item.product_id or "", item.title, item.sku, item.quantity, item.price)
                for item in self.items[:ITEMS_MAX]
            ),
            placed_at=self.placed_at or self.paid_at or self.updated_at,
            paid_at=self.paid_at,
            updated_at=self.updated_at,
            test=self.test,
        )


class Standard:
    """The Platform of Standard Webhooks."""

    name = "standard"

    def verify(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
        message_id, timestamp = self._signed_headers(headers)
        expected = signing.signature(_key(secret), f"{message_id}.{timestamp}.".encode() + body)
        given = header(headers, "webhook-signature", most=SIGNATURES_CHARS).encode("utf-8", "replace").split()
        # Every entry is compared, so that the time tells nothing of how many were tried. v1a is for public keys.
        matches = [hmac.compare_digest(entry, b"v1," + expected) for entry in given]
        if not any(matches):
            raise BadSignature("no signature matches the id, the timestamp, the body and this webhook's secret")
        if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
            raise BadSignature("webhook-timestamp is more than 5 minutes away from our clock")

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        return self._signed_headers(headers)[0]

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        return False

    def parse(self, headers: Mapping[str, str], body: bytes) -> Reading:
        envelope = json_object(body).data
        kind, data = envelope.get("type"), envelope.get("data")
        try:
            match kind:
                case "order.created" | "order.updated":
                    return Reading((OrderIn.model_validate(data).facts(),))
                case "refund.created":
                    refund = LoneRefundIn.model_validate(data)
                    return Reading((refund.facts(order_id=refund.order_id, currency=refund.currency or ""),))
                case str():
                    return Reading(ignored=f"We do not read the type {values.text(kind, most=60)!r}.")
                case _:
                    raise Unreadable("type must be a text such as order.updated.")
        except ValidationError as error:
            raise _unreadable(error) from None

    def sign(self, body: bytes, secret: str, *, now: datetime, message_id: str = "") -> dict[str, str]:
        message_id = message_id or "msg_" + signing.body_id(body).removeprefix("sha256:")[:32]
        timestamp = str(int(now.timestamp()))
        signed = signing.signature(_key(secret), f"{message_id}.{timestamp}.".encode() + body).decode()
        return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signed}"}

    def new_secret(self) -> str:
        return PREFIX + b64encode(secrets.token_bytes(32)).decode()

    def check_secret(self, secret: str) -> str:
        """The prefix may be left out; the rest must be the base64 of 24 to 64 bytes."""
        trimmed = signing.check_secret(secret)
        if len(_key(trimmed)) not in KEY_BYTES:
            raise WeakSecret("A Standard Webhooks secret is whsec_ and the base64 of 24 to 64 random bytes.")
        return trimmed

    def _signed_headers(self, headers: Mapping[str, str]) -> tuple[str, str]:
        message_id, timestamp = header(headers, "webhook-id"), header(headers, "webhook-timestamp")
        if not _MESSAGE_ID.fullmatch(message_id):
            raise BadSignature("webhook-id must be 1 to 100 visible ASCII characters without a dot")
        if not _TIMESTAMP.fullmatch(timestamp):
            raise BadSignature("webhook-timestamp must be Unix seconds")
        return message_id, timestamp


def _key(secret: str) -> bytes:
    """The bytes to sign with; none, which signs nothing, for what is not base64."""
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        return b""


def _unreadable(error: ValidationError) -> Unreadable:
    """The first ten wrong fields, each with its path and what it must be; never what was sent: it may be personal."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    errors = [
        {
            "field": values.text(".".join(("data", *(str(step) for step in one["loc"]))), most=200),
            "code": one["type"],
            "message": one_line(one["msg"].removeprefix("Value error, ")),
        }
        for one in found[:ERRORS_SHOWN]
    ]
    more = f" (and {len(found) - ERRORS_SHOWN} more)" if len(found) > ERRORS_SHOWN else ""
    told = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
    return Unreadable(f"{told}{more}.", errors=errors)
