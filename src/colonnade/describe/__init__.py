"""What a project's code and models say of themselves, as pages: a diagram, a dictionary, its errors.

from colonnade.describe import build, diagram, dictionary, drawing, stale

build("docs/reference", Base.metadata)         # writes the pages; what people wrote between markers stays
assert stale("docs/reference", Base.metadata) == []
"""

from colonnade.describe.drawing import drawing
from colonnade.describe.pages import build, stale
from colonnade.describe.tables import diagram, dictionary

__all__ = ["build", "diagram", "dictionary", "drawing", "stale"]
