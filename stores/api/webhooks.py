"""Routes of webhooks: the owner's settings, and the doors themselves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import signed_in, the_user
from core import cursors
from core.api import Page, PageQuery, Router, Status, link_next, problems
from stores.orders import endpoints
from stores.orders.schemas import DeliveryOut, NewWebhookOut, ReceiptOut, WebhookIn, WebhookOut
from stores.selectors import orders as selectors
from stores.selectors.stores import visible_store

router = Router(tags=["webhooks"], auth=signed_in)
CURSOR = "deliveries"
# The body is read raw, as it is signed byte for byte; so ninja cannot say by itself that there is one.
RAW_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


@router.get("/stores/{handle}/webhooks", response=Page[WebhookOut], operation_id="list_webhooks")
@problems(403)
def list_webhooks(request: HttpRequest, handle: str) -> Page[WebhookOut]:
    """A store's webhooks, one a platform at most, without their secrets; for owners."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    rows = selectors.endpoints_of(by=user, store=store)
    return Page(items=[WebhookOut.of(row, handle=store.handle) for row in rows])


@router.post("/stores/{handle}/webhooks", response={201: NewWebhookOut}, operation_id="create_webhook")
def create_webhook(request: HttpRequest, handle: str, body: WebhookIn) -> Status[NewWebhookOut]:
    """Makes a webhook for one platform; owners only. This answer is the only one that shows the secret."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    endpoint = endpoints.create_endpoint(by=user, store=store, platform=body.platform, secret=body.secret)
    return Status(201, NewWebhookOut.made(endpoint, handle=store.handle))


@router.delete("/stores/{handle}/webhooks/{webhook_id}", response={204: None}, operation_id="delete_webhook")
def delete_webhook(request: HttpRequest, handle: str, webhook_id: int) -> Status[None]:
    """Deletes a webhook; owners only. Deliveries are refused from now on, and orders stay."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    endpoints.delete_endpoint(by=user, store=store, endpoint_id=webhook_id)
    return Status(204, None)


@router.get("/stores/{handle}/deliveries", response=Page[DeliveryOut], operation_id="list_deliveries")
@problems(403)
def list_deliveries(
    request: HttpRequest, response: HttpResponse, handle: str, query: Query[PageQuery]
) -> Page[DeliveryOut]:
    """What came through a store's webhooks and what became of it, the latest first; for owners."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    before = cursors.read(CURSOR, query.cursor)[0] if query.cursor else None
    rows, last = selectors.deliveries_of(by=user, store=store, before=before, limit=query.limit)
    cursor = cursors.sign(CURSOR, last) if last else None
    link_next(request, response, cursor)
    return Page(items=[DeliveryOut.of(row) for row in rows], next_cursor=cursor)


@router.post(
    "/webhooks/{platform}/{handle}",
    response=ReceiptOut,
    operation_id="receive_webhook",
    auth=None,
    openapi_extra=RAW_BODY,
)
def receive_webhook(request: HttpRequest, platform: str, handle: str) -> ReceiptOut:
    """Where platforms send orders, signed over the raw body. Whoever is not the store's platform gets the same 401.

    What is signed is answered 200, whether or not it can be read: see the store's deliveries.
    """
    receipt = endpoints.receive(platform=platform, handle=handle, headers=request.headers, body=request.body)
    return ReceiptOut(status=receipt)
