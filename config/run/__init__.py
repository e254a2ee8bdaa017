"""`make run`: prepares this checkout, starts everything on one machine, and ends it all again."""
