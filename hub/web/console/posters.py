"""Pictures of QR codes: the code alone, and a poster to print, drawn here from what WeChat's picture would say."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup, escape

SIZES = (430, 860, 1720)
"""Pixels of the pictures offered, about; the largest prints sharp on a roll-up."""
_WIDTH, _HEIGHT, _CODE = 420, 594, 300  # an A-series sheet in SVG units, and the code on it
_FONTS = "'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"


def png(url: str, pixels: int) -> bytes:
    """Return the code that says `url` as a PNG of about `pixels` a side, its quiet zone included."""
    code, out = _code(url), io.BytesIO()
    code.save(out, kind="png", scale=max(1, round(pixels / code.symbol_size(border=4)[0])), border=4)
    return out.getvalue()


def poster(url: str, title: str, account: str, hint: str) -> str:
    """Return a poster as SVG: a title, the code, and what to do with it."""
    code = _code(url)
    side = code.symbol_size(border=4)[0]
    drawn = code.svg_inline(scale=_CODE / side, border=4, omitsize=False, svgclass=None, lineclass=None)
    left, top = (_WIDTH - _CODE) / 2, 170
    text = Markup('<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{fill}">{text}</text>')
    lines = [
        text.format(x=_WIDTH / 2, y=90 + 38 * n, size=30, weight=600, fill="#14181f", text=line)
        for n, line in enumerate(_wrapped(title))
    ]
    lines.append(text.format(x=_WIDTH / 2, y=top + _CODE + 44, size=18, weight=400, fill="#14181f", text=hint))
    lines.append(text.format(x=_WIDTH / 2, y=top + _CODE + 74, size=14, weight=400, fill="#5b6675", text=account))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}mm"'
        f' height="{_HEIGHT}mm" font-family="{escape(_FONTS)}" text-anchor="middle">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(lines)}'
        f'<g transform="translate({left} {top})">{drawn}</g></svg>'
    )


def _code(url: str) -> segno.QRCode:
    return segno.make_qr(url, error="m", boost_error=True)


def _wrapped(title: str, length: int = 12) -> list[str]:
    """Return at most two lines of a title: a wide character counts one, a narrow one half."""
    lines, width = [""], 0.0
    for c in title:
        width += 0.5 if c.isascii() else 1.0
        if width > length and len(lines) < 2:
            lines.append("")
            width = 0.5 if c.isascii() else 1.0
        lines[-1] += c
    return [line.strip() for line in lines]
