"""The goods of every trade, each drawn around its own foot."""
