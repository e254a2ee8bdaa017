"""What changes stores, a file per noun."""
