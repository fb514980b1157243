"""The pipeline as Pulumi resources: one stage a file, wired in the order the data flows."""
