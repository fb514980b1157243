"""The producer function: events into Kafka, and an account of every one of them."""
