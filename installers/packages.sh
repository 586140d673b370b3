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
    "qt6-svg-dev the window: icons"
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
    "libcurl4-openssl-dev a cluster's REST interface"
)

run_packages=(
    "python3 runs the stock client"
    "python3-venv runs the stock client"
    "mmdebstrap base images without a registry"
    "uidmap containers without root"
    "openssh-client the way to a cluster"
    "fonts-dejavu-core the window: a font that is always there"
)

test_packages=(
    "clang-format-19 the tree's format"
    "busybox-static containers in the tests"
    "crun the benchmark's other container runtime"
    "buildah the benchmark's other image builder"
    "procps tests look at processes"
    "openssh-server the tests of the way to a cluster sign in to this machine"
    "slurmctld a real cluster for the tests: the controller"
    "slurmd a real cluster for the tests: its nodes"
    "slurmdbd a real cluster for the tests: accounting"
    "slurmrestd a real cluster for the tests: the REST interface"
    "slurm-client a real cluster for the tests: sbatch and its like"
    "slurm-wlm-basic-plugins a real cluster for the tests: scheduling, GPUs"
    "slurm-wlm-jwt-plugin a real cluster for the tests: tokens for REST"
    "slurm-wlm-mysql-plugin a real cluster for the tests: accounting in MariaDB"
    "munge a real cluster for the tests: its daemons trust each other"
    "mariadb-server a real cluster for the tests: where accounting is kept"
    "curl a real cluster for the tests: asks whether REST answers"
    "docker-registry images are pushed to and pulled from a real registry"
    "apache2-utils the password file of that registry"
    "openssl the certificates of that registry"
    "skopeo another program reads the images that we write"
)

# Services that come with test_packages: the tests start their own, with their own settings.
unwanted_services=(docker-registry slurmctld slurmd slurmdbd slurmrestd munge mariadb)

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
    if [ ${#missing[@]} -eq 0 ]; then
        echo "    nothing is missing"
        return 0
    fi
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
    refuse_services
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]%% *}" >/dev/null
    allow_services "${missing[@]%% *}"
}

# While packages are installed none of their services is started (invoke-rc.d asks this file); one
# that is there already, as in most containers, stays.
policy=/usr/sbin/policy-rc.d
refuse_services() {
    [ -e $policy ] || printf '#!/bin/sh\n# slipway\nexit 101\n' | as_root install -m 755 /dev/stdin $policy
}

# allow_services PACKAGE…: takes that back, and keeps what those packages would start at boot off.
allow_services() {
    local service
    ! grep -q '^# slipway$' $policy 2>/dev/null || as_root rm -f $policy
    [ -d /run/systemd/system ] || return 0
    for service in "${unwanted_services[@]}"; do
        case " $* " in
            *" $service "*|*" $service-server "*)
                as_root systemctl disable --quiet "$service" 2>/dev/null || true ;;
        esac
    done
}
