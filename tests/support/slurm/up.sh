#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# A real Slurm cluster on this machine, as root: munged, mariadbd, slurmdbd, slurmctld, slurmrestd
# and three nodes with pretended GPUs (n1, n2: 4 x h100; n3: 2 x a100). All of it is below DIR, on
# loopback ports from SLIPWAY_SLURM_PORT on; nothing of the system's own Slurm, munge or MariaDB is
# used.
#
#   up.sh DIR            then: source DIR/env; ends with down.sh DIR
#
#   SLIPWAY_SLURM_PORT   the first of 16 ports (26900)
#   SLIPWAY_SLURM_USERS  users with an account; made if they are not there ("slipdev1 slipdev2")
#   SLIPWAY_SLURM_TRACK  linuxproc, or cgroup: memory is limited and stray processes are found
#   SLIPWAY_SLURM_DELAY  batch_sched_delay in seconds (0; Slurm's own default is 3)
#   SLIPWAY_SLURM_OWNER  "parent": ends when the caller does; or a pid
#
# Exit code 77: cannot run here, and why.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=${1:?"give the folder of the cluster"}
PORT=${SLIPWAY_SLURM_PORT:-26900}
TRACK=${SLIPWAY_SLURM_TRACK:-linuxproc}
DELAY=${SLIPWAY_SLURM_DELAY:-0}
read -ra users <<<"${SLIPWAY_SLURM_USERS-slipdev1 slipdev2}"
owner=${SLIPWAY_SLURM_OWNER:-}
[ "$owner" != parent ] || owner=$PPID

cannot() { echo "SKIP: no Slurm cluster for the tests: $*"; exit 77; }
[ "$(id -u)" = 0 ] || cannot "it is brought up as root"
for program in slurmctld slurmd slurmdbd slurmrestd munged mariadbd sacctmgr curl pgrep; do
    command -v $program >/dev/null || cannot "$program is not installed (installers/test.sh --yes)"
done
unshare --pid --fork --kill-child --mount-proc true 2>/dev/null \
    || cannot "this container may not make pid namespaces, which are its nodes"

umask 022
mkdir -p "$ROOT"
[ -O "$ROOT" ] || { echo "$ROOT belongs to somebody else" >&2; exit 1; }
[ ! -d "$ROOT/pid" ] || "$HERE/down.sh" "$ROOT"
rm -rf "${ROOT:?}"/{log,run,state,spool,jobs} # the database's own files take the longest to make
mkdir -p "$ROOT"/{etc,log/munge,run/{munge,db,rest},pid,db,dev,state,spool,jobs}
echo "$PORT" >"$ROOT/port"
source "$HERE/common.sh"
trap 'code=$?; [ $code = 0 ] || { tail -n 3 "$ROOT"/log/*.out >&2; "$HERE/down.sh" "$ROOT"; }' EXIT
trap 'exit 130' INT TERM
[ -z "$owner" ] || in_background guard root "$HERE/guard.sh" "$ROOT" "$owner"
setpriv --reuid=slurm --clear-groups test -x "$ROOT" || { echo "the user slurm cannot reach $ROOT: choose another folder" >&2; exit 1; }
for offset in 1 2 3 4 11 12 13; do
    ! (exec 3<>"/dev/tcp/127.0.0.1/$((PORT + offset))") 2>/dev/null \
        || { echo "port $((PORT + offset)) is taken: set SLIPWAY_SLURM_PORT" >&2; exit 1; }
done

# ---- files
chmod 1777 "$ROOT/jobs"
chown slurm: "$ROOT"/{state,log,run}
chown -R munge: "$ROOT"/run/munge "$ROOT/log/munge"
chmod 700 "$ROOT/log/munge"
chown -R mysql: "$ROOT/run/db" "$ROOT/db"
chown nobody: "$ROOT/run/rest"
for name in munge jwt; do
    [ -s "$ROOT/etc/$name.key" ] || head -c 128 /dev/urandom >"$ROOT/etc/$name.key"
    chmod 400 "$ROOT/etc/$name.key"
done
chown munge: "$ROOT/etc/munge.key"
chown slurm: "$ROOT/etc/jwt.key"
for i in 0 1 2 3; do # a GPU without a device file counts as none
    [ -c "$ROOT/dev/gpu$i" ] || mknod -m 666 "$ROOT/dev/gpu$i" c 1 3
done
for name in slurm gres cgroup slurmdbd; do
    sed -e "s|@ROOT@|$ROOT|g" -e "s|@HOST@|$(hostname -s)|g" -e "s|@TRACK@|$TRACK|g" \
        -e "s|@TASK@|$([ "$TRACK" = cgroup ] && echo cgroup || echo none)|g" -e "s|@DELAY@|$DELAY|g" \
        -e "s|@DATABASE@|$((PORT + 1))|g" -e "s|@CONTROLLER@|$((PORT + 2))|g" \
        -e "s|@ACCOUNTING@|$((PORT + 3))|g" -e "s|@N1@|$((PORT + 11))|g" \
        -e "s|@N2@|$((PORT + 12))|g" -e "s|@N3@|$((PORT + 13))|g" \
        "$HERE/$name.conf.in" >"$ROOT/etc/$name.conf"
done
chown slurm: "$ROOT/etc/slurmdbd.conf" && chmod 600 "$ROOT/etc/slurmdbd.conf"
cat >"$ROOT/env" <<END
export SLURM_CONF=$SLURM_CONF
export SLIPWAY_SLURM_REST=http://127.0.0.1:$((PORT + 4))
export SLIPWAY_SLURM_REST_SOCKET=$ROOT/run/rest/socket
END
"$HERE/users.sh" "$ROOT" add "${users[@]}"

# ---- daemons
start munged
if [ ! -d "$ROOT/db/mysql" ]; then
    mariadb-install-db --no-defaults --user=mysql --datadir="$ROOT/db" \
        --auth-root-authentication-method=socket --skip-test-db >"$ROOT/log/database.out" 2>&1
fi
start mariadbd
database=(--no-defaults -uroot --socket="$ROOT/run/db/socket")
until_true 120 "MariaDB answers" mariadb-admin "${database[@]}" ping
mariadb "${database[@]}" <<END
DROP DATABASE IF EXISTS accounting;
CREATE DATABASE accounting;
CREATE USER IF NOT EXISTS 'slurm'@'localhost' IDENTIFIED BY 'loopback';
CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY 'loopback';
GRANT ALL ON accounting.* TO 'slurm'@'localhost';
GRANT ALL ON accounting.* TO 'slurm'@'127.0.0.1';
END
until_true 30 "munged answers" munge -S "$ROOT/run/munge/socket" -n
start slurmdbd
until_true 120 "slurmdbd answers" sacctmgr -n list cluster
{
    echo "add cluster slipway"
    echo "add account research,small Description=tests Organization=tests"
    # "research" is everybody's; "small" has one GPU and room for two jobs.
    echo "add user $(IFS=,; echo "root${users[*]:+,${users[*]}}") Account=research,small DefaultAccount=research"
} | sacctmgr -i >"$ROOT/log/accounts.out" 2>&1
start slurmctld
for node in "${nodes[@]}"; do
    mkdir -p "$ROOT/spool/$node"
    start "$node"
done
start slurmrestd
all_idle() { [ "$(sinfo -h -N -t idle -p main -o %N | wc -l)" = ${#nodes[@]} ]; }
until_true 120 "the nodes are idle" all_idle
sacctmgr -i modify account small set GrpTRES=gres/gpu=1 MaxSubmitJobs=2 >>"$ROOT/log/accounts.out"
until_true 60 "slurmrestd answers" curl -s -o "$ROOT/log/rest.out" "http://127.0.0.1:$((PORT + 4))/openapi/v3"
echo "a Slurm cluster is up in $SECONDS s: source $ROOT/env"
