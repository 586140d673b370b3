# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("exception", image=image)


class Broken(Exception):
    pass


@app.function()
def outer(text: str):
    return inner(text)


def inner(text):
    raise ValueError(f"no good: {text}")


@app.function()
def identity(x):
    if x == 3:
        raise KeyError("three")
    return x


@app.local_entrypoint()
def main(catch: bool = True):
    if not catch:
        outer.remote("uncaught")
    try:
        outer.remote("caught")
    except ValueError as error:
        assert "no good: caught" in str(error)
        print("caught", type(error).__name__)
    results = list(identity.map(range(5), return_exceptions=True))
    assert isinstance(results[3], Exception) and "three" in str(results[3]), results
    assert results[:3] == [0, 1, 2] and results[4] == 4
    print("map kept the others")
