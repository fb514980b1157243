"""The generator: makes a window's events from reference data and gives them to the producer."""
