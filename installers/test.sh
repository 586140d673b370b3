#!/usr/bin/env bash
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# Builds and runs the tests; ends with "N passed, N failed".
#   test.sh [--yes] [--heavy] [--preset dev|asan|release] [ctest arguments…]
# --heavy: also the tests that clone and build all of it once more.
set -euo pipefail
cd "$(dirname "$0")/.."
source installers/packages.sh

yes=0
preset=dev
without=(-LE heavy)
while [ $# -gt 0 ]; do
    case $1 in
        --yes|-y) yes=1; shift ;;
        --heavy) without=(); shift ;;
        --preset) preset=$2; shift 2 ;;
        *) break ;;
    esac
done

install_missing "$yes" "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}"
cmake --preset "$preset"
cmake --build --preset "$preset"

report=$PWD/build/$preset/tests.xml
status=0
ctest --preset "$preset" --output-junit "$report" "${without[@]}" "$@" || status=$?

# <testsuite tests="12" failures="1" disabled="0" skipped="2" …>: ctest counts a skip as neither.
suite() { tr '\n' ' ' <"$report" | sed 's/<testcase.*//' | grep -o "$1=\"[0-9]*\"" | grep -o '[0-9]*' | head -n 1; }
total=$(suite tests)
failed=$(suite failures)
skipped=$(suite skipped)
[ "${skipped:-0}" = 0 ] || echo "$skipped skipped (each says why above)"
echo "$((total - failed - skipped)) passed, $failed failed"
exit "$status"
