#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# The first process of a pretended node: starts slurmd, and again on SIGUSR2, and outlives it, as a
# machine does. Runs in a pid namespace of its own.
name=$1
start() { slurmd -D -N "$name" & daemon=$!; }
trap start USR2
trap 'kill -TERM "$daemon"; wait "$daemon"; exit 0' TERM
start
while :; do
    sleep infinity &
    wait $!
done
