# $1: 0 removal, 1 or more upgrade.
{{say}}

if [ "$1" -eq 0 ] && command -v systemctl >/dev/null 2>&1; then
    if [ -d /run/systemd/system ]; then
        systemctl --no-reload disable --now "{{unit}}" || say "cannot stop {{unit}}"
    else
        systemctl --no-reload disable "{{unit}}" || say "cannot disable {{unit}}"
    fi
fi
exit 0
