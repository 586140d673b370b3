#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# users.sh DIR add NAME… | remove: the unprivileged users of a cluster. Several clusters may share
# them; those that were made here go with the last cluster that wanted them.
set -euo pipefail
shared=/run/slipway-slurm-users
mark=$(echo "$1" | tr / _)
verb=$2
shift 2
mkdir -p -m 755 "$shared"
exec 9>"$shared/lock"
flock 9

case $verb in
    add)
        for user in "$@"; do
            if ! getent passwd "$user" >/dev/null; then
                useradd --create-home --shell /bin/bash "$user"
                mkdir -p "$shared/$user"
                touch "$shared/$user/made"
            fi
            [ ! -d "$shared/$user" ] || touch "$shared/$user/by$mark"
        done ;;
    remove)
        for file in "$shared"/*/"by$mark"; do
            [ -e "$file" ] || continue
            rm -f "$file"
            folder=$(dirname "$file")
            if [ -e "$folder/made" ] && ! ls "$folder"/by* >/dev/null 2>&1; then
                userdel --remove "$(basename "$folder")" 2>/dev/null && rm -rf "$folder"
            fi
        done ;;
esac
