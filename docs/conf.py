"""How Sphinx builds the documentation: `make docs`, strictly and without a network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from nbtrack import __version__

project = "nbtrack"
copyright = "the nbtrack authors"  # noqa: A001 - Sphinx reads this name
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "index"
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"nbtrack {__version__}"
html_show_sphinx = False

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
napoleon_google_docstring = True
