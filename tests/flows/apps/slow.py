# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

app = modal.App("slow", image=modal.Image.debian_slim(python_version="3.11"))


@app.function()
def square(n: int, seconds: int) -> int:
    import time

    for second in range(seconds):
        print("second", second, flush=True)
        time.sleep(1)
    return n * n


@app.local_entrypoint()
def main(seconds: int = 4):
    print("result", square.remote(7, seconds))
