"""The code of the functions; it imports nothing else of the repository but `queries/`."""
