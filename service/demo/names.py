"""Who the customers of the demo's past are, and what fills the slots of its scenes. All of it is invented."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FIRST_NAMES = tuple(
    "Ada Aki Amir Anna Bea Ben Carla Dan Edda Eli Emil Eva Femi Finn Gala Hal Ida Igor Ines Ivo Jana Joel Kai Kira "
    "Lars Lea Leo Lin Mara Max Mei Mila Nico Nora Omar Oona Pia Ravi Rhea Sami Sofi Tariq Tess Uli Vera "
    "Wim Yuki Zara".split()
)
LAST_NAMES = tuple(
    "Abel Bauer Berg Blom Costa Dahl Diaz Egger Faber Fiore Frost Gray Haas Holt Ito Jansen Juul Kaya Keller Klein "
    "Lang Lund Maas Meyer Moss Nagy Nolan Ortiz Otto Park Perez Rask Reyes Rossi Sato Silva Stone Tan Vance Vogt Weber "
    "Wolf Yang Zeman".split()
)
PRODUCTS = (
    "the Ridge 45 backpack", "the Tarn rain jacket", "the Fell trekking poles", "the Moor two-person tent",
    "the Scree hiking boots", "the Beck sleeping bag", "the Crag headlamp", "the Dale camping stove",
)  # fmt: skip
SLOTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "order": tuple(f"FW-{20411 + 1317 * n}" for n in range(40)),
        "invoice": tuple(f"INV-{90233 + 411 * n}" for n in range(5)),
        "serial": tuple(f"SN-{44 + n}Z-{9917 - 230 * n}" for n in range(5)),
        "item": PRODUCTS,
        "day": ("Monday", "Tuesday", "Thursday", "Friday"),
        "street": ("12 Harbour Road, Whitby", "4 Mill Lane, Kendal", "31 Station Street, Leeds"),
    }
)
"""A conversation says the same all through."""

AGENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "customer care": ("agent-1", "agent-2", "agent-3", "agent-4"),
        "returns": ("agent-5",),
        "billing": ("agent-6",),
        "app team": ("agent-7",),
    }
)
