# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import os

import modal

base = modal.Image.debian_slim(python_version="3.11")
image = (
    base.apt_install("cowsay")
    if os.environ.get("STEP") == "apt"
    else base.pip_install("iniconfig==1.1.0")
)
app = modal.App("offline", image=image)


@app.function()
def f():
    pass


@app.local_entrypoint()
def main():
    f.remote()
