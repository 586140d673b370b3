# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("retries", image=image)


@app.function(retries=3)
def flaky(path: str):
    import os

    os.makedirs("/tmp/flaky", exist_ok=True)
    count = len(os.listdir("/tmp/flaky"))
    open(f"/tmp/flaky/{count}", "w").close()
    if count < 2:
        raise RuntimeError("not yet")
    return count


@app.local_entrypoint()
def main():
    assert flaky.remote("x") == 2
    print("retried")
