"""Writers of the generated pages, one module a page."""
