"""What every function shares: settings, errors, logs, metrics, clock, objects of the bucket."""
