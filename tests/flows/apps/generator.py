# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("generator", image=image)


@app.function()
def count(n: int):
    for i in range(n):
        yield i


@app.local_entrypoint()
def main():
    assert list(count.remote_gen(20)) == list(range(20))
    assert list(count.remote_gen(0)) == []
    print("generated 20")
