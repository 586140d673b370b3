#!/bin/sh
# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
# Makes a small root file system from this machine's own programs: a shell, coreutils and Python.
# make-rootfs.sh FOLDER
set -eu
target=$1
test -e "$target/.complete" && exit 0
rm -rf "$target"
mkdir -p "$target/bin" "$target/usr/bin" "$target/usr/lib" "$target/etc" "$target/root" \
    "$target/home/user" "$target/tmp" "$target/var"
chmod 1777 "$target/tmp"
programs="sh cat ls id sleep env mkdir rm touch chown chmod mknod mount ln dd seq hostname kill ps \
    unshare readlink stat grep head true false"
for name in $programs; do
    file=$(PATH=/usr/bin:/bin:/usr/sbin:/sbin command -v "$name") || continue
    case $file in /*) cp -L "$file" "$target/bin/$name" ;; *) cp -L "/bin/$name" "$target/bin/$name" ;; esac
done
python=$(readlink -f /usr/bin/python3)
cp "$python" "$target/usr/bin/python3"
ln -s python3 "$target/usr/bin/python"
library=/usr/lib/$(basename "$python")
mkdir -p "$target$library"
(cd "$library" && tar cf - --exclude=dist-packages --exclude=test --exclude='config-*' .) \
    | tar xf - -C "$target$library"
for file in "$target"/bin/* "$target/usr/bin/python3" "$target$library"/lib-dynload/*.so; do
    ldd "$file" 2>/dev/null
done | grep -o '/[^ ]*' | sort -u | while read -r needed; do
    mkdir -p "$target$(dirname "$needed")"
    cp -L "$needed" "$target$needed"
done
printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' > "$target/etc/passwd"
printf 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\n' > "$target/etc/group"
echo "image file" > "$target/etc/from-image"
touch "$target/.complete"
