# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("hello", image=image)


@app.function()
def square(x: int = 7) -> int:
    print(f"in the container: {x}")
    return x * x


@app.local_entrypoint()
def main():
    assert square.local(3) == 9
    print("square:", square.remote(12))
