"""The data, described once: what an event, a reference row, a payload and a ledger record look like."""
