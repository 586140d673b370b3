# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("blobs", image=image)


@app.function()
def reverse(data: bytes) -> bytes:
    assert len(data) == 6 * 1024 * 1024
    return data[::-1]


@app.local_entrypoint()
def main():
    import random

    data = random.Random(1).randbytes(6 * 1024 * 1024)
    assert reverse.remote(data) == data[::-1]
    print("blobs are whole")
