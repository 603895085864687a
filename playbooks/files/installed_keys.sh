#!/bin/sh
# The public SSH host keys of the system that was just installed, from its own disk: what it shows when it boots can then be known.
# Runs in the rescue system. Prints one key a line; exit status 1: no disk has one. All is on the disk afterwards, for a hard restart.
set -eu
sync
place=$(mktemp -d)
found=1
for device in $(lsblk -lnpo NAME,FSTYPE | awk '$2 ~ /^(ext[34]|xfs|btrfs)$/ {print $1}' | sort -u); do
    where=$place
    # One that the installer left mounted is looked at where it is.
    mount -o ro "$device" "$place" 2>/dev/null || where=$(findmnt -nro TARGET --source "$device" | head -n 1)
    [ -n "$where" ] || continue
    for key in "$where"/etc/ssh/ssh_host_*_key.pub; do
        [ -e "$key" ] || continue
        cat "$key"
        found=0
    done
    [ "$where" != "$place" ] || umount "$place"
    [ "$found" = 1 ] || break
done
rmdir "$place"
exit "$found"
