#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# From a fresh clone to a running sample: installs what is missing, builds, starts, runs.
set -euo pipefail
cd "$(dirname "$0")/.."
source installers/packages.sh

yes=0
window=auto
for argument in "$@"; do
    case $argument in
        --yes|-y) yes=1 ;;
        --no-window) window=no ;;
        --help|-h)
            echo "quickstart.sh [--yes] [--no-window]: install what is missing, build, run the sample"
            exit 0 ;;
        *) echo "quickstart.sh: unknown option $argument (see --help)" >&2; exit 2 ;;
    esac
done
[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || window=no

echo "1/4 packages"
install_missing "$yes" "${build_packages[@]}" "${run_packages[@]}"

echo "2/4 build (about ten minutes on two cores the first time)"
cmake --preset release -DSLIPWAY_TESTS=OFF >build-configure.log 2>&1 || {
    tail -n 30 build-configure.log >&2
    echo "CMake failed; all of it is in build-configure.log" >&2
    exit 3
}
rm -f build-configure.log
cmake --build --preset release

bin=$PWD/build/release/bin
echo "3/4 start"
"$bin/slip" up
"$bin/slip" doctor || true

echo "4/4 the sample: a fractal on an emulated H100 (its image is made first)"
if [ "$window" = no ]; then
    "$bin/slip" run resources/samples/fractal/app.py --output "$PWD/fractal.png"
    echo "There is no display here, so the picture is in $PWD/fractal.png"
else
    echo "The window opens on the sample: press Run (F5)."
    exec "$bin/slipway" resources/samples/fractal
fi
