#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# The quickstart as people really use it: from a fresh clone, interrupted while packages are
# installed, interrupted again while it builds, then run to its end, then run once more.
#
#   first-try.sh [--as-user NAME] [--keep]
#
# --as-user NAME   as an ordinary user with sudo, whom the script makes and removes again (root only)
# --keep           leaves the clone where it is, for a look
#
# Nothing is installed: programs of the same name stand in front of dpkg-query, dpkg and apt-get,
# and one package seems to be missing until "apt-get install" has come to its end.
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/../.." && pwd)

user=
keep=0
while [ $# -gt 0 ]; do
    case $1 in
        --as-user) user=$2; shift 2 ;;
        --keep) keep=1; shift ;;
        *) echo "first-try.sh: unknown option $1" >&2; exit 2 ;;
    esac
done

fail() { echo "FAIL: $*" >&2; [ ! -f "${log:-}" ] || tail -n 25 "$log" >&2; exit 1; }
pass() { echo "ok: $*"; }

folder=$(mktemp -d /tmp/slipway-first-try-XXXXXX)
log=$folder/log
made_user=0
cleanup() {
    if [ -x "$folder/clone/build/release/bin/slip" ]; then
        as_tester "$folder/clone/build/release/bin/slip" down >/dev/null 2>&1 || true
    fi
    if [ "$made_user" = 1 ]; then
        rm -f "/etc/sudoers.d/$user"
        userdel --remove "$user" >/dev/null 2>&1 || echo "the user $user is still there" >&2
    fi
    if [ "$keep" = 1 ]; then echo "kept: $folder"; else rm -rf "$folder"; fi
}

# as_tester COMMAND…: as the user of the test, with the stand-ins in front.
tester_path=$folder/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
as_tester() {
    if [ -n "$user" ]; then
        runuser -u "$user" -- env HOME="$folder/home" PATH="$tester_path" SLIPWAY_HOME="$folder/slipway" "$@"
    else
        env PATH="$tester_path" SLIPWAY_HOME="$folder/slipway" "$@"
    fi
}
trap cleanup EXIT

if [ -n "$user" ]; then
    [ "$(id -u)" = 0 ] || fail "--as-user makes a user, which only root may"
    command -v sudo >/dev/null || fail "--as-user needs sudo (apt install sudo)"
    ! id "$user" >/dev/null 2>&1 || fail "there is a user $user already; name another one"
    useradd --home-dir "$folder/home" --create-home --shell /bin/bash "$user"
    made_user=1
    printf 'Defaults:%s secure_path="%s"\n%s ALL=(ALL) NOPASSWD: ALL\n' "$user" "$tester_path" \
        "$user" >"/etc/sudoers.d/$user"
    chmod 0440 "/etc/sudoers.d/$user"
fi

# The stand-ins. "uidmap" is missing until apt-get has installed it.
mkdir "$folder/bin"
mkfifo "$folder/installing"
cat >"$folder/bin/dpkg-query" <<END
#!/bin/sh
case "\$*" in
    *" uidmap")
        [ -e "$folder/installed" ] || exit 1
        echo "install ok installed"
        exit 0 ;;
esac
exec /usr/bin/dpkg-query "\$@"
END
cat >"$folder/bin/dpkg" <<END
#!/bin/sh
if [ "\$*" = "--configure -a" ]; then echo configured >>"$folder/configured"; exit 0; fi
exec /usr/bin/dpkg "\$@"
END
cat >"$folder/bin/apt-get" <<END
#!/bin/sh
case "\$*" in
    "update -qq") [ "\$(id -u)" = 0 ] || { echo "apt-get without root" >&2; exit 100; } ;;
    install*uidmap*)
        [ "\$(id -u)" = 0 ] || { echo "apt-get without root" >&2; exit 100; }
        if [ ! -e "$folder/interrupted" ]; then
            touch "$folder/interrupted"
            echo begun >"$folder/installing" # somebody reads this, and interrupts
            exec /bin/sleep 600
        fi
        touch "$folder/installed" ;;
    *) exec /usr/bin/apt-get "\$@" ;; # mmdebstrap's
esac
END
chmod 0755 "$folder" "$folder/bin" "$folder"/bin/*
git clone --quiet "$source_folder" "$folder/clone"
chmod 0666 "$folder/installing"
if [ -n "$user" ]; then
    mkdir "$folder/slipway"
    chown -R "$user" "$folder/clone" "$folder/slipway"
    as_tester git config --global --add safe.directory "$folder/clone"
fi

# start: the quickstart in a session of its own, so that an interruption reaches all of it, as
# Ctrl-C on a terminal does. A shell ignores SIGINT in what it puts into the background.
start() {
    as_tester setsid env --default-signal=INT \
        "$folder/clone/installers/quickstart.sh" --yes --no-window >"$log" 2>&1 &
    starter=$!
    leader=
    while [ -z "$leader" ] && kill -0 "$starter" 2>/dev/null; do
        leader=$(pgrep --oldest -f "^bash $folder/clone/installers/quickstart.sh" || true)
    done
    [ -n "$leader" ] || fail "the quickstart did not start"
}
# interrupt WHERE
interrupt() {
    kill -INT -- "-$leader"
    local code=0
    wait "$starter" || code=$?
    [ "$code" != 0 ] || fail "interrupted $1, the quickstart claims success"
    ! pgrep -g "$leader" >/dev/null || fail "interrupted $1, something still runs"
    pass "interrupted $1 (exit code $code)"
}

echo "== interrupted while packages are installed"
start
timeout 120 head -n 1 "$folder/installing" >/dev/null || fail "apt-get was not started"
grep -q 'uidmap' "$log" || fail "the missing package is not named"
interrupt "in the package stage"

echo "== interrupted while it builds"
start
timeout 1800 grep -Eqm1 '^\[(2[0-9]|[3-9][0-9]|[0-9]{3})/' \
    < <(tail --pid="$leader" --lines=+1 --follow "$log") || fail "the build did not get going"
[ -s "$folder/configured" ] || fail "packages that were left half-configured were not looked after"
interrupt "in the build"

check_picture() {
    local picture=$folder/clone/fractal.png
    [ "$(head -c 4 "$picture" | tail -c 3)" = PNG ] || fail "no picture"
    [ "$(stat -c %s "$picture")" -gt 2000 ] || fail "the picture is empty"
}

echo "== to the end"
begin=$SECONDS
as_tester "$folder/clone/installers/quickstart.sh" --yes --no-window >"$log" 2>&1 \
    || fail "the quickstart ended with $?"
check_picture
pass "it came to its end after $((SECONDS - begin)) s"

echo "== once more"
rm "$folder/clone/fractal.png"
begin=$SECONDS
as_tester "$folder/clone/installers/quickstart.sh" --yes --no-window >"$log" 2>&1 \
    || fail "the second quickstart ended with $?"
check_picture
took=$((SECONDS - begin))
grep -q 'nothing is missing' "$log" || fail "it does not say that nothing is missing"
[ "$took" -lt 120 ] || fail "the second quickstart took $took s"
pass "the second one took $took s and found that nothing was missing"
[ -z "$(git -C "$folder/clone" -c safe.directory='*' status --porcelain)" ] \
    || fail "the quickstart leaves files that git does not know"
pass "the clone is as clean as before"
