"""The data, described once: event, reference rows, ids, limits, payloads and ledger records."""
