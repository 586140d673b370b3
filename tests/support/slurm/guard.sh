#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# guard.sh DIR PID: ends the cluster when the process that wanted it is gone without having said so.
tail --pid="$2" -f /dev/null
rm -f "$1/pid/guard"
exec "$(dirname "$0")/down.sh" "$1"
