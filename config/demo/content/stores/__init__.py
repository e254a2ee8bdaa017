"""The twelve stores of the demo, four in each language."""

from __future__ import annotations

from config.demo.content.shapes import StoreContent
from config.demo.content.stores.banmu_nursery import STORE as BANMU_NURSERY
from config.demo.content.stores.faahui_flowers import STORE as FAAHUI_FLOWERS
from config.demo.content.stores.half_past_four import STORE as HALF_PAST_FOUR
from config.demo.content.stores.kerr_and_daughter import STORE as KERR_AND_DAUGHTER
from config.demo.content.stores.laozhou_noodles import STORE as LAOZHOU_NOODLES
from config.demo.content.stores.saltmarsh_knits import STORE as SALTMARSH_KNITS
from config.demo.content.stores.sanhao_kiln import STORE as SANHAO_KILN
from config.demo.content.stores.second_gear import STORE as SECOND_GEAR
from config.demo.content.stores.shamshuipo_shutter import STORE as SHAMSHUIPO_SHUTTER
from config.demo.content.stores.shanjiao_coffee import STORE as SHANJIAO_COFFEE
from config.demo.content.stores.wanchao_books import STORE as WANCHAO_BOOKS
from config.demo.content.stores.yanshang_tea import STORE as YANSHANG_TEA

STORES: tuple[StoreContent, ...] = (
    YANSHANG_TEA,
    SANHAO_KILN,
    LAOZHOU_NOODLES,
    BANMU_NURSERY,
    WANCHAO_BOOKS,
    SHANJIAO_COFFEE,
    FAAHUI_FLOWERS,
    SHAMSHUIPO_SHUTTER,
    HALF_PAST_FOUR,
    SECOND_GEAR,
    SALTMARSH_KNITS,
    KERR_AND_DAUGHTER,
)
