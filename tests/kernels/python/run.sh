#!/bin/sh
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0

# run.sh RUN_ON_GPU FOLDER: makes a virtual environment with the stock bindings and runs the check.
set -u
here=$(dirname "$0")
if [ ! -e "$2/ready" ]; then
    rm -rf "$2"
    python3 -m venv "$2" || { echo "SKIP: no venv"; exit 77; }
    "$2/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
        "cuda-bindings==13.*" nvidia-cuda-nvrtc numpy nvidia-ml-py \
        || { echo "SKIP: PyPI cannot be reached"; exit 77; }
    touch "$2/ready"
fi
exec "$1" --card A100-80GB "$2/bin/python" "$here/check.py"
