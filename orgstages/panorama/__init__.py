"""The panorama as pictures: every box, arrow and word comes from the catalogue. Pure geometry."""

from __future__ import annotations

from orgstages.panorama.marks import Picture
from orgstages.panorama.overview import overview_picture
from orgstages.panorama.subtype import subtype_picture
from orgstages.panorama.svg import as_svg

__all__ = ["Picture", "as_svg", "overview_picture", "subtype_picture"]
