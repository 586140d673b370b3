#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks of a build and prints one JSON document.

    run.py [--build build/release] [--only NAME]

Every figure stands beside something run in the same minute on the same machine, because machines
are noisy and only ratios travel.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent


def call(command, **options):
    return subprocess.run(command, check=True, text=True, **options)


def calls_of_the_client(build):
    """Warm, cold and mapped calls through the whole loop; against a bare import of the client."""
    home = tempfile.mkdtemp(prefix="slip-", dir="/tmp")
    env = dict(os.environ, SLIPWAY_HOME=home)
    slip = build / "bin" / "slip"
    output = pathlib.Path(home) / "latency.json"
    try:
        call([slip, "run", here / "apps" / "latency.py", "--output", output], env=env, stdout=sys.stderr)
        figures = json.loads(output.read_text())
        tasks = json.loads(call([slip, "tasks", "--json"], env=env, capture_output=True).stdout)
        figures["tasks"] = len(tasks)
    finally:
        subprocess.run([slip, "down"], env=env, stderr=subprocess.DEVNULL)
        shutil.rmtree(home, ignore_errors=True)
    return figures


def program(build, name):
    """A benchmark program of the build prints its own JSON."""
    path = build / "tests" / "bin" / name
    if not path.exists():
        return {"skipped": f"{name} is not built"}
    return json.loads(call([path], capture_output=True, env=dict(os.environ, QT_QPA_PLATFORM="offscreen")).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release", type=pathlib.Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    build = options.build.resolve()
    runs = {
        "containers": lambda: program(build, "bench_container"),
        "images": lambda: program(build, "bench_image"),
        "slurm": lambda: program(build, "bench_slurm"),
        "registry": lambda: program(build, "bench_registry"),
        "calls": lambda: calls_of_the_client(build),
        "window": lambda: program(build, "bench_gui"),

    }
    document = {"when": time.strftime("%Y-%m-%d"), "load": os.getloadavg()[0], "cpus": os.cpu_count()}
    for name, run in runs.items():
        if not options.only or options.only == name:
            document[name] = run()
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
