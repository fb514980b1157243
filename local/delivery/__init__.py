"""Firehose's delivery on the laptop: from the broker's topics to objects in S3.

A process of its own that keeps Firehose's contract: it takes the streams from the Firehose API,
reads each topic as the stream's role, and writes objects as the role of its destination. What
Firehose's API says and refuses is in `local.aws.firehose`.
"""

from __future__ import annotations

from local.delivery.part import part

__all__ = ["part"]
