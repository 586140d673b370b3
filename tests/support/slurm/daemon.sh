#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# Faults: daemon.sh DIR start|stop|kill|crash|pause|resume NAME
#   NAME is slurmctld, slurmdbd, slurmrestd, munged, mariadbd or a node (n1, n2, n3).
#   kill of a node ends slurmd and all that runs there; crash of a node ends only its slurmd.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$1 verb=$2 name=$3
PORT=$(cat "$ROOT/port")
source "$HERE/common.sh"

case $verb in
    start) start "$name" ;;
    stop) end 15 "$name" ;;
    kill)
        if pid=$(pid_of "$name"); then kill -KILL "$pid"; fi
        until_true 10 "$name is gone" gone "$name" ;;
    crash)
        if pid=$(slurmd_of "$name"); then kill -KILL "$pid"; fi ;;
    pause) kill -STOP "$(pid_of "$name")" ;;
    resume) kill -CONT "$(pid_of "$name")" ;;
    *) echo "no such verb: $verb" >&2; exit 2 ;;
esac
