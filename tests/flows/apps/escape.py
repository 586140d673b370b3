# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

image = modal.Image.debian_slim(python_version="3.11")

app = modal.App("escape", image=image)


@app.function()
def look(path: str):
    import os

    try:
        return sorted(os.listdir(path)) if os.path.isdir(path) else open(path).read()
    except OSError as error:
        return type(error).__name__


@app.function()
def processes():
    import os

    return sorted(int(p) for p in os.listdir("/proc") if p.isdigit())


@app.local_entrypoint()
def main(host_file: str):
    assert look.remote(host_file) == "FileNotFoundError", "a host file is visible"
    assert max(processes.remote()) < 200, "host processes are visible"
    assert look.remote("/run/slipway") == ["arguments", "modal.sock"]
    print("nothing of the host is here")
