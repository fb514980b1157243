"""The data loader: reads titles and customers through Athena and keeps them, categorised, in S3."""
