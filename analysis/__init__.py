"""What notebooks, reports and tests share: queries by name, Athena, ledger, a run's account."""
