# $1: remove, purge, or upgrade, failed-upgrade, abort-…, disappear.
{{say}}

if [ "$1" = remove ]; then
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload || say "systemd still knows the files that are gone, see: systemctl daemon-reload"
    fi
    rm -rf "{{rundir}}"
{{stays}}
fi
if [ "$1" = purge ]; then
    if command -v deb-systemd-helper >/dev/null 2>&1; then
        deb-systemd-helper purge "{{unit}}" >/dev/null || say "cannot forget the state of {{unit}}"
        deb-systemd-helper unmask "{{unit}}" >/dev/null || say "cannot unmask {{unit}}"
    fi
{{purge}}
    rm -rf "{{rundir}}"
    rmdir "{{etcdir}}" 2>/dev/null || [ ! -e "{{etcdir}}" ] || say "what else is in {{etcdir}} stays"
fi
exit 0
