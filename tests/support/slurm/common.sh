# shellcheck shell=bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# What up.sh, down.sh and daemon.sh share: where things are, and how each daemon is started and
# ended. Sourced, with ROOT set to the cluster's folder.

nodes=(n1 n2 n3)
export SLURM_CONF=$ROOT/etc/slurm.conf

# A process is recorded with the time it started: a pid that was given to another one is not ours.
started() { awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null; }
record() { echo "$2 $(started "$2")" >"$ROOT/pid/$1"; }

# pid_of NAME: prints the pid of a recorded process that lives.
pid_of() {
    local pid since
    read -r pid since 2>/dev/null <"$ROOT/pid/$1" || return 1
    [ -n "$since" ] && [ "$(started "$pid")" = "$since" ] && echo "$pid"
}

# node_init NODE: the first process of the node's pid namespace; slurmd is its child.
node_init() { local pid; pid=$(pid_of "$1") && pgrep -P "$pid"; }
slurmd_of() { local init; init=$(node_init "$1") && pgrep -P "$init" -x slurmd; }

# until_true SECONDS WHAT COMMAND…: polls; on time-out says what did not come, and fails.
until_true() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            echo "waited too long: $what (see $ROOT/log)" >&2
            return 1
        fi
        sleep 0.05
    done
}
gone() { ! pid_of "$1"; }

# in_background NAME USER COMMAND…: in its own session, so that an interrupt of the tests passes it by.
in_background() {
    local name=$1 user=$2
    shift 2
    setsid setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@" \
        >>"$ROOT/log/$name.out" 2>&1 </dev/null &
    record "$name" $!
}

# start NAME: each daemon in the foreground of its own session, as the user it should be. One that
# runs, or was paused, goes on.
start() {
    local pid
    if pid=$(pid_of "$1"); then
        kill -CONT "$pid"
        case $1 in n[0-9]) ;; *) return 0 ;; esac
    fi
    case $1 in
        munged)
            in_background munged munge munged -F --force --key-file="$ROOT/etc/munge.key" \
                --socket="$ROOT/run/munge/socket" --pid-file="$ROOT/run/munge/pid" \
                --log-file="$ROOT/log/munge/log" --seed-file="$ROOT/run/munge/seed" --num-threads=4 ;;
        mariadbd)
            in_background mariadbd root mariadbd --no-defaults --user=mysql --datadir="$ROOT/db" \
                --socket="$ROOT/run/db/socket" --pid-file="$ROOT/run/db/pid" \
                --bind-address=127.0.0.1 --port="$((PORT + 1))" --skip-log-bin \
                --innodb-buffer-pool-size=64M --innodb-log-file-size=32M \
                --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=0 ;;
        slurmdbd) in_background slurmdbd slurm slurmdbd -D ;;
        slurmctld) in_background slurmctld slurm slurmctld -D ;;
        slurmrestd) # refuses to be root or SlurmUser
            in_background slurmrestd nobody env SLURM_JWT=daemon slurmrestd -a rest_auth/jwt \
                "127.0.0.1:$((PORT + 4))" "unix:$ROOT/run/rest/socket" ;;
        n[0-9]) # a pid namespace: what runs on a node ends with its first process
            if pid_of "$1" >/dev/null; then
                slurmd_of "$1" >/dev/null || kill -USR2 "$(node_init "$1")"
            else
                in_background "$1" root unshare --pid --fork --kill-child --mount-proc \
                    --propagation slave "$HERE/node.sh" "$1"
            fi ;;
        *) echo "no daemon is called $1" >&2; return 2 ;;
    esac
}

# end SECONDS NAME…: asks all of them to end, waits, and kills what is left.
end() {
    local seconds=$1 name pid
    shift
    for name in "$@"; do
        if pid=$(pid_of "$name"); then
            case $name in n[0-9]) pid=$(node_init "$name") ;; esac
            kill -TERM $pid 2>/dev/null
            kill -CONT $pid 2>/dev/null
        fi
    done
    for name in "$@"; do
        until_true "$seconds" "$name ends" gone "$name" 2>/dev/null \
            || kill -KILL "$(pid_of "$name")" 2>/dev/null
        rm -f "$ROOT/pid/$name"
    done
}
