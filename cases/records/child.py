"""The process that parses hostile bytes: little memory, little time, no keys but the file's.

Standard input: one JSON line with the file's key and what it should be. File
descriptor and verdict: see `checking`.
"""

import base64
import io
import json
import os
import resource
import sys

MEMORY, CPU_SECONDS, FILES = 512 * 1024**2, 10, 64


def main() -> None:
    limit(resource.RLIMIT_AS, MEMORY)
    limit(resource.RLIMIT_CPU, CPU_SECONDS)
    # Writes nothing anywhere but to the pipe.
    limit(resource.RLIMIT_FSIZE, 0)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NOFILE, FILES)
    task = json.loads(sys.stdin.readline())
    sys.stdout.write(json.dumps(verdict(task)))


def limit(what: int, value: int) -> None:
    resource.setrlimit(what, (value, value))


def verdict(task: dict) -> dict:
    from cases.records.judging import judge
    from cases.records.sealed import SealedReader

    key = base64.b64decode(task["key"])
    with os.fdopen(task["file"], "rb") as file:
        reader = io.BufferedReader(SealedReader(file, key), 64 * 1024)
        return judge(reader, task["kind"], task["types"])


if __name__ == "__main__":
    main()
