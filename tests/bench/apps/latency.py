# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
"""Warm and cold calls of a function that does nothing, as the stock client sees them."""
import json
import resource
import statistics
import time

import modal

app = modal.App("latency", image=modal.Image.debian_slim(python_version="3.11"))


@app.function(max_containers=1)
def warm(x):
    return x


@app.function(single_use_containers=True)
def cold(x):
    return x


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def timed(call, count):
    spent = []
    for i in range(count):
        begun = time.perf_counter()
        call(i)
        spent.append((time.perf_counter() - begun) * 1e3)
    spent.sort()
    return {
        "p50_ms": round(statistics.median(spent), 2),
        "p95_ms": round(spent[int(len(spent) * 0.95)], 2),
        "min_ms": round(spent[0], 2),
        "count": count,
    }


@app.local_entrypoint()
def main(output: str, calls: int = 200, inputs: int = 1000, starts: int = 10):
    warm.remote(0)
    before = cpu()
    begun = time.perf_counter()
    figures = {"remote": timed(warm.remote, calls)}
    figures["remote"]["client_cpu_share"] = round((cpu() - before) / (time.perf_counter() - begun), 3)
    begun = time.perf_counter()
    assert len(list(warm.map(range(inputs)))) == inputs
    figures["map"] = {"inputs_per_s": round(inputs / (time.perf_counter() - begun), 1), "inputs": inputs}
    cold.remote(0)
    figures["cold_remote"] = timed(cold.remote, starts)
    with open(output, "w") as file:
        json.dump(figures, file)
