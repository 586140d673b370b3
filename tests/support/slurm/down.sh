#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# down.sh DIR: ends exactly what up.sh recorded, and whatever runs on its nodes.
set -uo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=${1:?"give the folder of the cluster"}
[ -d "$ROOT/pid" ] || exit 0
PORT=$(cat "$ROOT/port")
source "$HERE/common.sh"

if guard=$(pid_of guard); then
    kill -TERM -- "-$guard" 2>/dev/null
    rm -f "$ROOT/pid/guard"
fi
for node in "${nodes[@]}"; do
    if pid=$(pid_of "$node"); then kill -KILL "$pid" 2>/dev/null; fi
done
for name in slurmctld slurmdbd; do # what they would save, up.sh throws away
    if pid=$(pid_of "$name"); then kill -KILL "$pid" 2>/dev/null; fi
done
end 15 slurmrestd munged mariadbd slurmctld slurmdbd "${nodes[@]}"
# Empty groups of SLIPWAY_SLURM_TRACK=cgroup.
for node in "${nodes[@]}"; do
    for group in /sys/fs/cgroup/*/"slurm_$node"; do
        [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
    done
done
"$HERE/users.sh" "$ROOT" remove
true
