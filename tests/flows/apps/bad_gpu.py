# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("bad-gpu", image=image)


@app.function(gpu="H900")
def f():
    pass


@app.local_entrypoint()
def main():
    f.remote()
