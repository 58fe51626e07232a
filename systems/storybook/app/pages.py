"""A story as one HTML page that needs nothing else: style and pictures are in it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.database.models import Image, Story

__all__ = ["page"]

_STYLE = """
:root { color-scheme: light; --ink: #2b2a33; --paper: #fffdf7; --soft: #8a8373; --line: #e9e1cf; }
* { box-sizing: border-box; }
body { margin: 0; background: #efe8d8; color: var(--ink); font: 20px/1.6 Georgia, 'Times New Roman', serif; }
main { max-width: 46rem; margin: 2.5rem auto; padding: 3rem 3.5rem; background: var(--paper);
       border-radius: 14px; box-shadow: 0 6px 30px rgb(70 55 20 / 18%); }
header { text-align: center; padding-bottom: 1.6rem; border-bottom: 2px solid var(--line); }
h1 { margin: 0 0 .4rem; font-size: 2.5rem; line-height: 1.15; }
.by, .facts { margin: 0; color: var(--soft); }
.facts { font-size: .85rem; letter-spacing: .04em; }
figure { margin: 2.2rem 0 0; break-inside: avoid; }
img { display: block; width: 100%; height: auto; border-radius: 10px; }
figcaption { padding: 1rem .3rem 0; }
.number { display: block; text-align: center; color: var(--soft); font-size: .8rem; padding-top: .6rem; }
footer { margin-top: 2.4rem; text-align: center; color: var(--soft); }
@media (max-width: 40rem) { main { margin: 0; padding: 1.6rem 1.2rem; border-radius: 0; }
  h1 { font-size: 1.9rem; } }
@media print { body { background: none; } main { box-shadow: none; margin: 0 auto; } }
"""


def page(story: Story, author: str, character: str, images: Sequence[Image]) -> str:
    """Give the page. All text is escaped; a page of the story without a picture has none."""
    by_page = {image.grid_position: image for image in images}
    told = [one for one in story.content if isinstance(one, Mapping)]
    body = "\n".join(_figure(at, one, by_page.get(at)) for at, one in enumerate(told, 1))
    facts = [
        f"for ages {story.age_group}",
        story.story_tone,
        *([f"about {story.moral_lesson}"] if story.moral_lesson else []),
    ]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(story.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{escape(story.title)}</h1>
<p class="by">by {escape(author)}, with {escape(character)}</p>
<p class="facts">{escape(" · ".join(facts))}</p>
</header>
{body}
<footer>The end</footer>
</main>
</body>
</html>
"""


def _figure(number: int, told: Mapping[str, Any], image: Image | None) -> str:
    text = escape(str(told.get("text", "")))
    picture = "" if image is None else f'<img src="{_source(image)}" alt="A picture for page {number}">\n'
    return (
        f'<figure>\n{picture}<figcaption>{text}<span class="number">{number}</span></figcaption>\n</figure>'
    )


def _source(image: Image) -> str:
    return f"data:image/{escape(image.format)};base64,{base64.b64encode(image.data).decode()}"
