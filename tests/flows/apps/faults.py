# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("faults", image=image)


@app.function(timeout=2)
def sleep_long():
    import time

    time.sleep(60)


@app.function(memory=(128, 192), retries=0)
def eat_memory():
    hog = []
    while True:
        hog.append(bytearray(16 << 20))


@app.function(retries=0)
def leave(code: int):
    import os

    if code:
        os._exit(code)
    return "stayed"


@app.local_entrypoint()
def main(what: str):
    import time

    begun = time.time()
    try:
        if what == "timeout":
            sleep_long.remote()
        elif what == "oom":
            eat_memory.remote()
        elif what == "crash":
            leave.remote(3)
    except Exception as error:
        print(f"{what}: {type(error).__name__}: {error}")
        assert time.time() - begun < 50
        assert leave.remote(0) == "stayed"
        print("the app goes on")
        return
    raise SystemExit("nothing was raised")
