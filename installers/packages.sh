# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
#
# What Slipway needs of Debian, and why: "package reason". Sourced by the other scripts.

build_packages=(
    "g++ compiler"
    "cmake build"
    "ninja-build build"
    "ccache build: the second one is quick"
    "mold build: links quickly"
    "pkg-config build"
    "git build"
    "ca-certificates package indexes over https"
    "qt6-base-dev the window, and the tests"
    "libqt6svg6-dev the window: icons"
    "libqscintilla2-qt6-dev the window: editor"
    "libqcustomplot-dev the window: graphs"
    "libgit2-dev the window: state of the files"
    "libgl1-mesa-dev the window: Qt's headers ask for it"
    "libgrpc++-dev the wire"
    "libprotobuf-dev the wire"
    "protobuf-compiler the wire"
    "protobuf-compiler-grpc the wire"
    "libsqlite3-dev the store"
    "libssl-dev digests"
    "libboost-dev HTTP"
    "libcurl4-openssl-dev registries of images"
    "libzstd-dev fat binaries, layers in registries"
    "nlohmann-json3-dev JSON"
    "libcli11-dev the command line"
    "libseccomp-dev containers"
)

run_packages=(
    "python3 runs the stock client"
    "python3-venv runs the stock client"
    "mmdebstrap base images without a registry"
    "uidmap containers without root"
    "fonts-dejavu-core the window: a font that is always there"
)

test_packages=(
    "clang-format-19 the tree's format"
    "busybox-static containers in the tests"
    "crun the benchmark's other container runtime"
    "buildah the benchmark's other image builder"
    "procps tests look at processes"
    "docker-registry images are pushed to and pulled from a real registry"
    "apache2-utils the password file of that registry"
    "openssl the certificates of that registry"
    "skopeo another program reads the images that we write"
)

# as_root COMMAND…: directly, or through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_missing YES PACKAGE-LINE…: says what is missing and why, asks unless YES is 1, installs.
install_missing() {
    local yes=$1 line name missing=()
    shift
    for line in "$@"; do
        name=${line%% *}
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$line")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Slipway needs these Debian packages:"
    for line in "${missing[@]}"; do printf '    %-26s %s\n' "${line%% *}" "${line#* }"; done
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        echo "They are installed as root; run this as root, or install sudo." >&2
        return 3
    fi
    if [ "$yes" != 1 ]; then
        if ! [ -t 0 ]; then
            echo "Nobody is here to ask: give --yes to install them." >&2
            return 2
        fi
        read -r -p "Install them now? [Y/n] " answer
        case $answer in ""|y|Y|yes) ;; *) echo "Nothing was changed."; return 130 ;; esac
    fi
    # A run that was interrupted half-way leaves packages unpacked but not configured.
    as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a >/dev/null
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]%% *}" >/dev/null
}
