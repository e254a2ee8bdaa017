"""Orders from a merchant's file: every wrong row named, the rest taken, once, whatever kills the job on its way."""

from __future__ import annotations

import csv
import io
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import DatabaseError
from procrastinate.contrib.django.models import ProcrastinateJob

from stores.models import Order, OrderImport, OrderRefund, Platform, Store, StoreStatus
from stores.orders import imports
from stores.orders.proof import Proof, purchase_proof
from tests.people import Person, problem, run_jobs
from tests.stores.doors import open_door
from tests.stores.payloads import woo_order

HEADING = "order_id,status,total,currency,updated_at,email,customer_id,product"
PATH = "/stores/teahouse/orders/imports"


def table(*rows: str) -> bytes:
    return "\n".join((HEADING, *rows)).encode()


def line(number: int | str, **changes: str) -> str:
    """A paid order of one buyer each."""
    cells = {
        "order_id": f"A-{number}",
        "status": "paid",
        "total": "19.00",
        "currency": "EUR",
        "updated_at": "2026-03-01T12:00:00Z",
        "email": f"buyer{number}@example.org",
        "customer_id": "",
        "product": "Oolong",
    }
    return ",".join((cells | changes).values())


def upload(person: Person, data: bytes, *, name: str = "orders.csv", path: str = PATH, **fields: str) -> httpx.Response:
    return person.post(path, files={"file": (name, data, "text/csv")}, data=fields)


def imported(person: Person, data: bytes, **options: str) -> dict[str, Any]:
    """Uploads a file, runs the jobs, and reads how it went."""
    begun = upload(person, data, **options)
    assert begun.status_code == 202, begun.text
    run_jobs()
    answer = person.get(f"{PATH}/{begun.json()['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def start(store: Store, owner: Person, data: bytes) -> OrderImport:
    """An import whose jobs the test runs itself, in as small steps as it likes."""
    begun = imports.start_import(by=owner.user, store=store, file=ContentFile(data), file_name="orders.csv")
    ProcrastinateJob.objects.all().delete()
    return begun


def stored_files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_file_is_taken_in_and_makes_buyers(alice: Person, store: Store, charlie: Person) -> None:
    begun = upload(alice, table(line(1, email="Charlie@Example.org"), line(2)))
    assert begun.status_code == 202
    waiting = begun.json()
    assert (waiting["status"], waiting["file_name"], waiting["platform"]) == ("waiting", "orders.csv", "csv")
    assert (waiting["rows_read"], waiting["errors"], waiting["finished_at"]) == (0, [], None)
    run_jobs()
    done = alice.get(f"{PATH}/{waiting['id']}").json()
    assert (done["status"], done["rows_read"], done["rows_taken"], done["error_count"]) == ("done", 2, 2, 0)
    assert done["finished_at"] is not None
    assert Order.objects.filter(platform="csv").count() == 2
    assert isinstance(purchase_proof(user=charlie.user, store=store), Proof)


def test_the_file_is_deleted_once_it_is_read(alice: Person, store: Store) -> None:
    upload(alice, table(line(1)))
    assert len(stored_files()) == 1
    run_jobs()
    assert stored_files() == []
    assert OrderImport.objects.get().file == ""


def test_every_wrong_row_is_named_and_the_others_are_taken(alice: Person, store: Store) -> None:
    done = imported(
        alice,
        table(
            line(1),
            line(2, status="maybe"),
            line(3, total="19,00".replace(",", ".") + ".1"),
            line(4, email="", customer_id=""),
            line(5, currency="EURO"),
            line(6, updated_at="yesterday"),
            "A-7,paid",
            line(8, email="nobody", customer_id="77"),
            line(9, order_id="4.50789E+11"),
            line(10),
        ),
    )
    assert (done["status"], done["rows_read"], done["rows_taken"]) == ("done", 10, 3)
    assert [(error["row"], error["column"], error["code"], error["taken"]) for error in done["errors"]] == [
        (3, "status", "bad_status", False),
        (4, "total", "bad_amount", False),
        (5, "", "no_contact", False),
        (6, "currency", "bad_currency", False),
        (7, "updated_at", "bad_time", False),
        (8, "updated_at", "missing_value", False),
        (9, "email", "bad_email", True),
        (10, "order_id", "rounded_id", False),
    ]
    assert all(error["message"] for error in done["errors"])
    assert done["error_count"] == 8
    assert set(Order.objects.values_list("external_id", flat=True)) == {"A-1", "A-8", "A-10"}


def test_a_byte_order_mark_semicolons_and_windows_line_ends_are_read(alice: Person, store: Store) -> None:
    data = b"\xef\xbb\xbf" + table(line(1), line(2)).replace(b",", b";").replace(b"\n", b"\r\n")
    done = imported(alice, data)
    assert (done["status"], done["rows_taken"], done["errors"]) == ("done", 2, [])


def test_formulas_are_texts_and_leave_us_harmless(alice: Person, store: Store) -> None:
    formula = '=HYPERLINK("http://evil.example")'
    quoted = f'"{formula.replace(chr(34), chr(34) * 2)}"'
    heading = HEADING.replace("status", "=status").encode()
    done = imported(alice, table(line(1, product=quoted), line("=1+1", currency="+cmd")))
    assert Order.objects.get(external_id="A-1").product_title == formula
    assert done["rows_taken"] == 1
    assert imported(alice, table(line(1)).replace(HEADING.encode(), heading))["status"] == "failed"


def test_the_errors_can_be_opened_in_a_spreadsheet(alice: Person, store: Store) -> None:
    begun = upload(alice, table(line(1, status="no"), line(2, email="茶"), line(3)))
    run_jobs()
    row = OrderImport.objects.get()
    row.errors[0]["column"] = "=cmd|' /C calc'!A0"
    row.errors[1]["message"] = "+1, „two“\n-3"
    row.save()
    answer = alice.get(f"{PATH}/{begun.json()['id']}/errors.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    heading, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert heading == ["row", "column", "code", "message", "taken"]
    assert rows[0][:3] == ["2", "'=cmd|' /C calc'!A0", "bad_status"]
    assert rows[1][3] == "'+1, „two“\n-3"


def test_a_repeated_row_is_one_order_and_its_newest_version_counts(alice: Person, store: Store) -> None:
    done = imported(
        alice,
        table(
            line(1, status="refunded", updated_at="2026-03-05T12:00:00Z"),
            line(1),
            line(1, status="pending", updated_at="2026-02-01T12:00:00Z"),
        ),
    )
    assert (done["rows_taken"], done["error_count"]) == (3, 0)
    assert Order.objects.get().status == "refunded"


def test_a_file_that_is_sent_again_changes_nothing(alice: Person, store: Store) -> None:
    data = table(*[line(number) for number in range(20)])
    imported(alice, data)
    before = list(Order.objects.order_by("id").values())
    again = imported(alice, data)
    assert (again["rows_taken"], again["error_count"]) == (20, 0)
    assert list(Order.objects.order_by("id").values()) == before


def test_a_file_may_have_the_ids_of_a_webhooks_orders(alice: Person, store: Store) -> None:
    """A history from a file, then the same shop's webhook: one order, so that a refund revokes."""
    row = line(1, order_id="801", updated_at="2026-03-01T12:05:00Z")
    assert imported(alice, table(row), platform="woocommerce")["platform"] == "woocommerce"
    open_door(alice, "woocommerce").send(woo_order(status="refunded", date_modified_gmt="2026-03-07T12:00:00"))
    run_jobs()
    order = Order.objects.get()
    assert (order.platform, order.status) == ("woocommerce", "refunded")


def test_a_partial_refund_in_a_file_is_no_record_of_single_refunds(alice: Person, store: Store) -> None:
    data = f"{HEADING},refunded\n{line(1)},9.00".encode()
    assert imported(alice, data)["rows_taken"] == 1
    order = Order.objects.get()
    assert (order.status, str(order.refunded_total)) == ("partially_refunded", "9.00")
    assert not OrderRefund.objects.exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"name,price\nTea,4\n", "missing_column"),
        ("order_id".encode("utf-16"), "utf16_file"),
        (b"PK\x03\x04 a workbook", "binary_file"),
        (b'"' + b"x" * 200_000, "row_too_long"),
    ],
)
def test_a_file_that_is_none_is_failed_with_the_reason(alice: Person, store: Store, data: bytes, code: str) -> None:
    failed = imported(alice, data)
    assert (failed["status"], failed["error_count"], failed["rows_taken"]) == ("failed", 1, 0)
    assert failed["errors"][0]["code"] == code
    assert not Order.objects.exists()
    assert stored_files() == []


def test_the_rows_before_a_broken_place_count(alice: Person, store: Store) -> None:
    failed = imported(alice, table(line(1), line(2)) + b"\nA-3,paid,\xff\xfe,EUR\n")
    assert (failed["status"], failed["rows_taken"], failed["errors"][-1]["code"]) == ("failed", 2, "not_utf8")
    assert Order.objects.count() == 2


def test_only_the_first_errors_are_kept_and_all_are_counted(alice: Person, store: Store) -> None:
    most = settings.LIMITS.import_errors_kept
    done = imported(alice, table(*[line(number, status="?") for number in range(most + 300)], line("last")))
    assert (done["error_count"], len(done["errors"]), done["rows_taken"]) == (most + 300, most, 1)


# --- who may, and how much ------------------------------------------------------------------------------------------


def test_only_the_owner_imports(
    alice: Person, store: Store, everybody_but_the_owner: dict[str, Person], anonymous: Person
) -> None:
    begun = upload(alice, table(line(1))).json()
    run_jobs()

    def tries(person: Person) -> set[tuple[int, str]]:
        paths = (f"{PATH}/{begun['id']}", f"{PATH}/{begun['id']}/errors.csv")
        return {problem(answer) for answer in (upload(person, table(line(2))), *map(person.get, paths))}

    for who, person in everybody_but_the_owner.items():
        assert tries(person) == {(403, "not_staff")}, who
    assert tries(anonymous) == {(401, "not_signed_in")}
    assert Order.objects.count() == 1
    assert stored_files() == []


def test_another_stores_import_is_nothing_found(alice: Person, store: Store, erin: Person) -> None:
    begun = upload(alice, table(line(1))).json()
    for path in (f"/stores/bookshop/orders/imports/{begun['id']}", f"/stores/bookshop/orders/imports/{begun['id']}/errors.csv"):  # fmt: skip  # noqa: E501
        assert problem(erin.get(path)) == (404, "not_found")


def test_a_suspended_store_imports_nothing(alice: Person, store: Store) -> None:
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert problem(upload(alice, table(line(1)))) == (403, "store_suspended")
    assert stored_files() == []


def test_one_file_at_a_time(alice: Person, store: Store) -> None:
    upload(alice, table(line(1)))
    assert problem(upload(alice, table(line(2)))) == (409, "import_running")
    assert len(stored_files()) == 1
    run_jobs()
    assert upload(alice, table(line(2))).status_code == 202


def test_two_files_at_once_are_one_import(alice: Person, store: Store) -> None:
    """The look for a running import sees none of the other's; the database's constraint does."""
    OrderImport.objects.create(store=store, by=alice.user, file="other", status="done")
    begun = start(store, alice, table(line(1)))
    with pytest.raises(DatabaseError):
        OrderImport.objects.filter(file="other").update(status="running")
    assert OrderImport.objects.get(status="waiting") == begun


def test_a_retried_upload_is_one_import(alice: Person, store: Store) -> None:
    key = {"Idempotency-Key": "monday"}
    files = {"file": ("orders.csv", table(line(1)), "text/csv")}
    first = alice.post(PATH, files=files, headers=key)
    second = alice.post(PATH, files=files, headers=key)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert OrderImport.objects.count() == 1


@pytest.mark.parametrize("fields", [{"platform": "amazon"}, {"platfrom": "csv"}])
def test_what_the_form_does_not_know_is_refused(alice: Person, store: Store, fields: dict[str, str]) -> None:
    assert problem(upload(alice, table(line(1)), **fields)) == (422, "invalid")
    assert not OrderImport.objects.exists()


def test_a_body_that_is_no_form_is_refused(alice: Person, store: Store) -> None:
    assert problem(alice.post(PATH, {"file": "orders.csv"})) == (422, "invalid")
    assert problem(alice.post(PATH, content=b"a,b", headers={"content-type": "text/csv"})) == (422, "invalid")


def test_an_oversize_file_is_refused_before_it_is_sent(alice: Person, store: Store) -> None:
    head = f"POST /api/v1{PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Session-Token: {alice.token}\r\n"
    head += f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {settings.LIMITS.csv_body_bytes + 1}\r\n"
    with socket.create_connection((alice.http.base_url.host, alice.http.base_url.port or 80), timeout=10) as link:
        link.sendall(f"{head}\r\n--x".encode())
        assert link.recv(65_536).startswith(b"HTTP/1.1 413 ")
    assert not OrderImport.objects.exists()


def test_a_file_name_is_a_plain_short_text(alice: Person, store: Store) -> None:
    begun = upload(alice, table(line(1)), name="../../" + "März \u202e\r\n" + "x" * 300 + ".csv").json()
    assert len(begun["file_name"]) <= 200
    assert "\u202e" not in begun["file_name"]
    assert "/" not in begun["file_name"]
    (path,) = stored_files()
    assert path.parent == Path(settings.MEDIA_ROOT) / imports.FOLDER


def test_the_default_platform_is_the_file_itself(alice: Person, store: Store) -> None:
    assert imported(alice, table(line(1)))["platform"] == Platform.CSV
    assert Order.objects.get().platform == "csv"
