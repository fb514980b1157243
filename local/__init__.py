"""The laptop's AWS: emulator, Kafka broker, SQL engine, delivery worker and Pulumi engine."""
