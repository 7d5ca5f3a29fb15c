"""Judges one sealed file within the sandbox, which has no keys but the file's. See `checking`."""

import base64
import io
import os


def verdict(task: dict) -> dict:
    from cases.records.judging import judge
    from cases.records.sealed import SealedReader

    key = base64.b64decode(task["key"])
    with os.fdopen(task["file"], "rb") as file:
        reader = io.BufferedReader(SealedReader(file, key), 64 * 1024)
        return judge(reader, task["kind"], task["types"])
