#!/bin/sh
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
# Runs a test as an ordinary user: as-user.sh single|subordinate PROGRAM [ARGUMENT…]
# "subordinate" gives that user a range of ids, in a mount namespace of the test's own.
# 77 tells ctest that this machine cannot run it.
set -eu
way=$1
shift
if [ "$(id -u)" != 0 ]; then
    echo "SKIP: only root can become another user"
    exit 77
fi
become="setpriv --reuid 65534 --regid 65534 --clear-groups --"
if [ "$way" = single ]; then
    exec env HOME=/tmp SLIPWAY_EXPECT_WAY=single $become "$@"
fi
exec unshare -m sh -eu -c '
    ranges=$(mktemp)
    echo nobody:500000:65536 > "$ranges"
    chmod 644 "$ranges"
    touch /etc/subuid /etc/subgid
    mount --bind "$ranges" /etc/subuid
    mount --bind "$ranges" /etc/subgid
    rm "$ranges"
    exec env HOME=/tmp SLIPWAY_EXPECT_WAY=subordinate setpriv --reuid 65534 --regid 65534 \
        --clear-groups -- "$@"' sh "$@"
