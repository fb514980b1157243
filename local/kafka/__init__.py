"""The laptop's Kafka: one real broker whose TLS listener takes MSK's IAM tokens, nothing else."""
