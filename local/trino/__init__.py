"""The SQL engine of the laptop: Trino, over the emulator's Glue and S3.

Only the Athena API in front of it (`local.aws.athena`) talks to it. It reads with the emulator's
root key, and that API asks first whether the caller may.
"""
