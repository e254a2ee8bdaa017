"""Pictures: what is let in, how it is written anew, and the drawn ones for demo data. Values in, values out."""
