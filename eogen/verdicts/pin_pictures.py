"""Pictures that a browser sends with a pin: looked at, drawn anew, made small; nothing is kept as it came."""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass

from eogen.errors import InputError

#: Pictures of one pin; pixels of their longer side; bytes of each.
MOST, SIDE, BYTES = 6, 1600, 700_000
#: What may come: twice what is kept, as base64.
_LONGEST = 3_000_000
#: Pixels that are decoded at most.
_PIXELS = 16_000_000
_PREFIXES = ("data:image/png;base64,", "data:image/jpeg;base64,")
ALT = 500


@dataclass(frozen=True)
class Picture:
    """One picture: what it shows in words, its media type, its bytes."""

    alt: str
    media: str
    content: bytes


def clean(url: str, alt: str) -> Picture:
    """Decode a picture that a browser drew and draw it anew, at most :data:`SIDE` pixels and :data:`BYTES` bytes.

    Args:
        url: a ``data:`` address of a PNG or JPEG.
        alt: what it shows; cut to :data:`ALT` characters.

    Raises:
        InputError: ``pin_picture``: no such address, no picture, or too large a one.
    """
    prefix = next((p for p in _PREFIXES if url.startswith(p)), None)
    if prefix is None or len(url) > _LONGEST:
        raise _refused("format")
    try:
        given = base64.b64decode(url[len(prefix) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused("base64") from error
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(given), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > _PIXELS:
                raise _refused("size")
            drawn = image.convert("RGB")  # decodes every pixel; the browser has painted the ground in
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise _refused("content") from error
    drawn.thumbnail((SIDE, SIDE))
    media, content = _encoded(drawn)
    plain = "".join(c for c in alt if c.isprintable() and not 0xD800 <= ord(c) < 0xE000)
    return Picture(plain[:ALT], media, content)


def _encoded(drawn: object) -> tuple[str, bytes]:
    """Return a PNG where it is small enough, else the best JPEG that is, halved until one is."""
    attempts = [("PNG", {"optimize": True}), *(("JPEG", {"quality": q}) for q in (90, 75, 60))]
    while True:
        for kind, options in attempts:
            held = io.BytesIO()
            drawn.save(held, kind, **options)  # type: ignore[attr-defined]
            if held.tell() <= BYTES:
                return f"image/{kind.lower()}", held.getvalue()
        drawn = drawn.reduce(2)  # type: ignore[attr-defined]


def _refused(reason: str) -> InputError:
    return InputError(
        "pin_picture", "A picture of this view could not be kept ({reason}): PNG or JPEG was expected.",
        reason=reason,
    )  # fmt: skip
