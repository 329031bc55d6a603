# $1: remove, or upgrade, deconfigure, failed-upgrade.
{{say}}

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    if command -v deb-systemd-invoke >/dev/null 2>&1; then
        deb-systemd-invoke stop "{{unit}}" >/dev/null
    else
        systemctl stop "{{unit}}"
    fi || say "cannot stop {{unit}}"
fi
# the helper forgets the service when it is purged; without it, nobody would
if [ "$1" = remove ] && ! command -v deb-systemd-helper >/dev/null 2>&1 && command -v systemctl >/dev/null 2>&1; then
    systemctl --no-reload disable "{{unit}}" || say "cannot disable {{unit}}"
fi
exit 0
