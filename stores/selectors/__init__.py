"""What is read about stores, a file per noun."""
