"""Write `jars.lock` anew: `python -m local.kafka.relock` after a change of a version below.

Resolves what the broker needs from Maven Central and pins every file by SHA-256.
"""

from __future__ import annotations

import sys
from pathlib import Path

from local.maven import digest

KAFKA = "org.apache.kafka:kafka_2.13:4.1.1"
# Kafka 4.1 brings slf4j-api 1.7.36: a binding of 2.x would print nothing.
LOGGING = "org.slf4j:slf4j-simple:1.7.36"
COMPILER = "org.eclipse.jdt:ecj:3.43.0"

LOCK = Path(__file__).with_name("jars.lock")


def main() -> int:
    """Resolve, hash and write."""
    import jgo  # slow to import, and the broker needs only the constants of this module

    lines = set()
    for artifact in [*jgo.resolve(f"{KAFKA}+{LOGGING}"), *jgo.resolve(COMPILER)]:
        if artifact.packaging != "jar":
            continue
        if artifact.classifier:
            raise SystemExit(f"{artifact}: a classifier has no place in the lock file yet")
        path = Path(artifact.resolve())
        lines.add(f"{digest(path)} {artifact.groupId}:{artifact.artifactId}:{artifact.version}")
    head = "# What the broker runs on, pinned. Written by `python -m local.kafka.relock`.\n"
    ordered = sorted(lines, key=lambda line: line.split()[1])
    LOCK.write_text(head + "\n".join(ordered) + "\n")
    print(f"{LOCK.name}: {len(ordered)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
