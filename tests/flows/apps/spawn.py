# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("spawn", image=image)


@app.function()
def slow(x: int) -> int:
    import time

    time.sleep(0.2)
    return x + 1


@app.function()
def nested(x: int) -> int:
    return slow.remote(x) * 10


@app.local_entrypoint()
def main():
    call = slow.spawn(41)
    assert call.get(timeout=60) == 42
    assert call.get(timeout=60) == 42, "outputs stay readable"
    again = modal.FunctionCall.from_id(call.object_id)
    assert again.get(timeout=60) == 42
    calls = [slow.spawn(i) for i in range(4)]
    assert modal.FunctionCall.gather(*calls) == [1, 2, 3, 4]
    assert nested.remote(1) == 20
    print("spawned")
