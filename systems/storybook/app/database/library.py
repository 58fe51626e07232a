"""The library that `seed` writes: two users, three characters, four stories."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

__all__ = ["LIBRARY"]


def _pages(*texts: str) -> list[dict[str, Any]]:
    return [{"page": at, "text": text} for at, text in enumerate(texts, 1)]


LIBRARY: tuple[dict[str, Any], ...] = (
    {
        "username": "ana",
        "email": "Ana@example.com",
        "password": "a fox in the fog",
        "first_name": "Ana",
        "last_name": "Reyes",
        "is_admin": True,
        "characters": [
            {
                "name": "Fenna the Fox",
                "traits": ["curious", "brave", "a little shy"],
                "image_prompt": "a small orange fox with a blue scarf",
                "stories": [
                    {
                        "title": "The Fox Who Counted Stars",
                        "age_group": "3-5",
                        "status": "completed",
                        "story_tone": "calming",
                        "moral_lesson": "perseverance",
                        "generation_cost": Decimal("0.0420"),
                        "constraints": {"max_pages": 6, "no": ["wolves"]},
                        "content": _pages(
                            "On the hill behind the mill lived a small fox called Fenna, "
                            "who wished to know how many stars there were.",
                            "She counted to ten, and a cloud came. She counted to twenty, and an owl "
                            "asked her a question. Each time she had to begin again.",
                            "“Why don't you stop?” asked the owl. “Because tonight I got further "
                            "than yesterday,” said Fenna.",
                            "And when the sky grew pale she had counted one hundred and one. It wasn't all "
                            "of them. It was enough to sleep on.",
                        ),
                    },
                    {
                        "title": "Fenna and the Straße of Snow",
                        "age_group": "6-8",
                        "status": "completed",
                        "story_tone": "adventurous",
                        "moral_lesson": "courage",
                        "generation_cost": Decimal("0.0615"),
                        "content": _pages(
                            "One night the snow covered every path, and the post could not get through.",
                            "Fenna tied her scarf, took the letters and went first, "
                            "so that others could follow.",
                            "By morning there was a street where there had been none, "
                            "and it had her footprints in it.",
                        ),
                    },
                ],
            },
            {
                "name": "Ole Owl",
                "traits": ["wise", "sleepy"],
                "stories": [
                    {
                        "title": "A Question Before Bed",
                        "age_group": "1-2",
                        "status": "draft",
                        "story_tone": "whimsical",
                        "content": _pages("Who is awake? Ole is. Who is asleep? Soon, you."),
                    }
                ],
            },
        ],
    },
    {
        "username": "bo",
        "email": "bo@example.com",
        "password": "turtles all the way",
        "first_name": "Bo",
        "characters": [
            {
                "name": "Tilda Turtle",
                "traits": ["patient", "honest"],
                "image_prompt": "a green turtle with a red bag",
                "stories": [
                    {
                        "title": "Tilda Tells the Truth",
                        "age_group": "9-12",
                        "status": "completed",
                        "story_tone": "educational",
                        "moral_lesson": "honesty",
                        "generation_cost": Decimal("0.0390"),
                        "content": _pages(
                            "Tilda had broken the blue jar, and nobody had seen.",
                            "All day the secret was heavier than her shell.",
                            "So she said it, and the weight was gone before she had finished the sentence.",
                        ),
                    }
                ],
            }
        ],
    },
)
