"""Jobs of orders: reading deliveries, linking buyers, importing files, and the sweeps behind them."""

from __future__ import annotations

from accounts.services import LINK_ORDERS
from core import jobs
from stores.models import DeliveryStatus
from stores.orders import endpoints, imports, intake, matching


@jobs.task(intake.TAKE_DELIVERY)
def take_delivery(delivery_id: int) -> DeliveryStatus | None:
    """Reads a stored delivery and settles the order it tells of."""
    return intake.take_delivery(delivery_id=delivery_id)


@jobs.task(LINK_ORDERS)
def link_orders(user_id: int) -> None:
    """Gives a person the orders that waited for the address they verified."""
    matching.link_orders(user_id=user_id)


# Behind all else on its queue: between two steps of a long file, whoever just verified an address comes first.
@jobs.task(imports.RUN_IMPORT, priority=-10)
def run_import(import_id: int) -> int:
    """Reads a file of orders on for some seconds, and defers the rest; how many rows it got through."""
    return imports.run_import(import_id=import_id)


@jobs.periodic("*/5 * * * *", "stores.push_stuck_deliveries")
def push_stuck_deliveries(timestamp: int) -> int:
    """Deliveries whose job was lost are tried again; how many."""
    return endpoints.push_stuck()


@jobs.periodic("*/10 * * * *", "stores.stop_stuck_imports")
def stop_stuck_imports(timestamp: int) -> int:
    """Imports whose jobs gave up are failed, and files that nobody waits for deleted; how many imports."""
    imports.forget_files()
    return imports.stop_stuck()


@jobs.periodic("53 2 * * *", "stores.forget_deliveries")
def forget_deliveries(timestamp: int) -> int:
    """Deliveries past their time are deleted; how many."""
    return endpoints.forget_old()
