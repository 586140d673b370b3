# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("map", image=image)


@app.function()
def double(x: int) -> int:
    return 2 * x


@app.local_entrypoint()
def main():
    results = list(double.map(range(200)))
    assert results == [2 * x for x in range(200)], results
    unordered = sorted(double.map(range(50), order_outputs=False))
    assert unordered == [2 * x for x in range(50)]
    assert list(double.starmap([(1,), (2,)])) == [2, 4]
    print("mapped", len(results))
