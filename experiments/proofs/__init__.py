"""`make prove AREA=…`: every claim of an area at full size, and the page with its figures."""
