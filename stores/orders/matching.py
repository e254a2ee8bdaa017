"""Who bought: orders are linked to people by verified email, verified phone, or a customer number learned that way.

Two things happen at their own times, an order arrives and a person verifies an address, and whichever is second must
find the first. Both follow one rule: **commit, then look.** The order is committed before anybody looks for its buyer,
and the verification is committed before its job looks for orders. Of two such pairs at least one look comes after both
commits, so nothing is missed and nothing needs a lock. The same holds for learning a customer number and for an order
that carries it. Hence the durable transactions below: wrapped in an outer one, a look would come before its commit.

A link once made stays: no order is taken from one person and given to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.db.models import Q

from accounts.models import User
from stores.models import Order

ORDERS_A_STEP = 500
# What shops write where there is no customer. As somebody's number it would make one person the buyer of every guest.
NOBODYS_NUMBERS = ("", "0", "-", "-1", "guest", "none", "null", "nil", "n/a", "na", "undefined", "unknown", "anonymous")

# Rows are locked by id, as everywhere; the lock looks again whether the order still waits.
_BY_ADDRESS = """
WITH waiting AS (
    SELECT o.id, coalesce(e.user_id, u.id) AS user_id
    FROM stores_order o
    LEFT JOIN account_emailaddress e ON e.email = o.email AND e.verified AND o.email <> ''
    LEFT JOIN accounts_user u ON u.phone = o.phone AND u.phone_verified_at IS NOT NULL AND o.phone <> ''
    WHERE o.id = ANY(%(orders)s) AND o.user_id IS NULL AND coalesce(e.user_id, u.id) IS NOT NULL
    ORDER BY o.id FOR UPDATE OF o
)
UPDATE stores_order o SET user_id = waiting.user_id, updated_at = now() FROM waiting WHERE o.id = waiting.id
"""
# Only an order that names the person's own verified address teaches; one that was linked by its number does not.
_LEARN = """
INSERT INTO stores_platformcustomer (store_id, platform, customer_id, user_id, created_at)
SELECT DISTINCT ON (o.store_id, o.platform, o.customer_id) o.store_id, o.platform, o.customer_id, o.user_id, now()
FROM stores_order o
WHERE o.id = ANY(%(orders)s) AND o.user_id IS NOT NULL AND lower(o.customer_id) <> ALL(%(nobodys)s) AND (
    EXISTS (SELECT FROM account_emailaddress e WHERE e.email = o.email AND e.verified AND e.user_id = o.user_id)
    OR EXISTS (SELECT FROM accounts_user u
               WHERE u.id = o.user_id AND u.phone = o.phone AND u.phone_verified_at IS NOT NULL AND o.phone <> '')
)
ORDER BY o.store_id, o.platform, o.customer_id, o.id
ON CONFLICT DO NOTHING
"""
_BY_NUMBER = """
WITH waiting AS (
    SELECT o.id, p.user_id
    FROM stores_platformcustomer p
    JOIN stores_order o ON o.store_id = p.store_id AND o.platform = p.platform AND o.customer_id = p.customer_id
    WHERE o.user_id IS NULL AND {whose}
    ORDER BY o.id FOR UPDATE OF o
)
UPDATE stores_order o SET user_id = waiting.user_id, updated_at = now() FROM waiting WHERE o.id = waiting.id
"""
_BY_NUMBER_OF_ORDERS = _BY_NUMBER.format(
    whose="p.id IN (SELECT p.id FROM stores_order named JOIN stores_platformcustomer p ON p.store_id = named.store_id"
    " AND p.platform = named.platform AND p.customer_id = named.customer_id WHERE named.id = ANY(%(orders)s))"
)
_BY_NUMBER_OF_PERSON = _BY_NUMBER.format(whose="p.user_id = %(user)s")


def match_orders(*, order_ids: Sequence[int]) -> None:
    """Links these orders, which are committed, to their buyers, as far as these are known. May be repeated.

    What is learned on the way links the customer's other orders too.
    """
    if not order_ids:
        return
    scope: dict[str, Any] = {"orders": list(order_ids), "nobodys": list(NOBODYS_NUMBERS)}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_BY_ADDRESS, scope)
        cursor.execute(_LEARN, scope)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_BY_NUMBER_OF_ORDERS, scope)


def link_orders(*, user_id: int) -> None:
    """Links the orders that waited for this person's verified addresses. For the job after a verification.

    Nothing happens for who is gone. May be repeated.
    """
    orders = waiting_orders(user_id=user_id)
    for start in range(0, len(orders), ORDERS_A_STEP):
        match_orders(order_ids=orders[start : start + ORDERS_A_STEP])
    # A worker may have died between learning a number and using it.
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_BY_NUMBER_OF_PERSON, {"user": user_id})


def waiting_orders(*, user_id: int) -> list[int]:
    """The orders that nobody has yet and that name an address this person verified, by id."""
    emails = EmailAddress.objects.filter(user_id=user_id, verified=True).values_list("email", flat=True)
    phone = User.objects.filter(id=user_id, phone_verified_at__isnull=False).values_list("phone", flat=True).first()
    named = Q(email__in=[email for email in emails if email])
    if phone:
        named |= Q(phone=phone)
    return list(Order.objects.filter(named, user=None).order_by("id").values_list("id", flat=True))
