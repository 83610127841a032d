"""The monitor: something that asks again and again whether the shop is up. It does not try twice: its next round will."""

from loadgen.visit import Visit
from locustfiles.api.shop_api import ShopApi


def monitor(visit: Visit) -> None:
    """Ask once."""
    visit.client = "monitor"
    ShopApi(visit).health()
