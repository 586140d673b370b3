# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11").run_commands(
    "dd if=/dev/zero of=/big bs=1M count=200"
)
app = modal.App("big-layer", image=image)


@app.function()
def f():
    return 200


@app.local_entrypoint()
def main():
    print("the layer is there:", f.remote())
