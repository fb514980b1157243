"""The project's one key: data, logs, dead letters and environments are encrypted with it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import resource_policies
from components.stage import Identity, Stage, as_json

_DELETION_WINDOW_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class EncryptionArgs:
    """`trail` is the name of this stack's CloudTrail trail, which encrypts with the key too."""

    identity: Identity
    trail: str | None = None


class Encryption(Stage):
    """The customer-managed key and its alias."""

    key_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: EncryptionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        identity, names = args.identity, args.identity.names
        key = aws.kms.Key(
            self.called("key"),
            description=f"{names.prefix}: data, logs and queues",
            deletion_window_in_days=_DELETION_WINDOW_DAYS if identity.retain_data else 7,
            enable_key_rotation=True,
            policy=as_json(resource_policies.key(names, trail=args.trail)),
            tags=identity.tags(),
            # Data that outlives the stack can only be read with its key.
            opts=self.child(protect=identity.retain_data, retain=identity.retain_data),
        )
        aws.kms.Alias(
            self.called("alias"),
            name=names.key_alias,
            target_key_id=key.key_id,
            opts=self.child(),
        )
        self.key_arn = key.arn
        self.register_outputs({"key_arn": self.key_arn})
