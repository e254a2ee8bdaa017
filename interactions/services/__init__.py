"""What changes interactions, a file per noun."""
