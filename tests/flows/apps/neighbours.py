# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
import modal

app = modal.App("neighbours", image=modal.Image.debian_slim(python_version="3.11"))


@app.function(max_containers=2)
@modal.concurrent(max_inputs=1)
def look(name: str):
    """What a task sees while another one runs: processes, sockets, and files in shared places."""
    import os
    import pathlib
    import socket
    import time

    for folder in ("/tmp", "/dev/shm", "/root"):
        pathlib.Path(folder, "of-" + name).write_text(name)
    time.sleep(4)
    seen = [
        entry
        for folder in ("/tmp", "/dev/shm", "/root")
        for entry in os.listdir(folder)
        if entry.startswith("of-") and entry != "of-" + name
    ]
    sockets = []
    for folder, _, files in os.walk("/run"):
        for file in files:
            path = os.path.join(folder, file)
            if pathlib.Path(path).is_socket():
                sockets.append(path)
    abstract = [line.split()[-1] for line in open("/proc/net/unix") if "@" in line.split()[-1]]
    processes = [int(p) for p in os.listdir("/proc") if p.isdigit()]
    return {
        "task": os.environ["MODAL_TASK_ID"],
        "host": socket.gethostname(),
        "files": seen,
        "sockets": sockets,
        "slipway": [name for name in abstract if "slip" in name],
        "processes": len(processes),
    }


@app.local_entrypoint()
def main():
    one, two = look.map(["one", "two"])
    assert one["task"] != two["task"], (one, two)
    for report in (one, two):
        assert report["files"] == [], report
        assert report["sockets"] == ["/run/slipway/modal.sock"], report
        assert report["slipway"] == [], report
        assert report["processes"] < 20, report
    print("the neighbours do not see each other")
