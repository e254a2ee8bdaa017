"""Routes of a store's staff."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.auth import signed_in, the_user
from core.api import Router, Status, problems
from stores.schemas.staff import RoleIn, StaffIn, StaffListOut, StaffOut
from stores.selectors.stores import staff_of, visible_store
from stores.services import staff as services

router = Router(tags=["staff"], auth=signed_in)


@router.get("/stores/{handle}/staff", response=StaffListOut, operation_id="list_staff")
@problems(403)
def list_staff(request: HttpRequest, handle: str) -> StaffListOut:
    """Everybody with a role; for owners."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    return StaffListOut(items=[StaffOut.of(staff) for staff in staff_of(by=user, store=store)])


@router.post("/stores/{handle}/staff", response={201: StaffOut}, operation_id="add_staff")
def add_staff(request: HttpRequest, handle: str, body: StaffIn) -> Status[StaffOut]:
    """Gives somebody a role; owners only."""
    user = the_user(request)
    staff = services.add_staff(by=user, store=visible_store(handle=handle, viewer=user), **body.dict())
    return Status(201, StaffOut.of(staff))


@router.patch("/stores/{handle}/staff/{user_id}", response=StaffOut, operation_id="change_staff_role")
def change_staff_role(request: HttpRequest, handle: str, user_id: int, body: RoleIn) -> StaffOut:
    """Gives a member another role; owners only. The last owner stays one."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    return StaffOut.of(services.change_role(by=user, store=store, user_id=user_id, role=body.role))


@router.delete("/stores/{handle}/staff/{user_id}", response={204: None}, operation_id="remove_staff")
def remove_staff(request: HttpRequest, handle: str, user_id: int) -> Status[None]:
    """Takes a role away; owners anybody's, others their own. The last owner stays."""
    user = the_user(request)
    services.remove_staff(by=user, store=visible_store(handle=handle, viewer=user), user_id=user_id)
    return Status(204, None)
