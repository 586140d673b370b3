# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("long-map", image=image)


@app.function()
def work(x: int) -> int:
    import time

    time.sleep(0.03)
    return 3 * x


@app.local_entrypoint()
def main():
    seen = []
    for result in work.map(range(200)):
        seen.append(result)
        if len(seen) == 20:
            print("twenty are in", flush=True)
    assert seen == [3 * x for x in range(200)], seen
    print("each exactly once")
