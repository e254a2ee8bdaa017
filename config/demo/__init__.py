"""Demo data: a small, living place to look at, loaded through the same services that people use."""
