# enabled and not started: images are made so, and the node begins at their first boot
if [ "$1" -eq 1 ] && command -v systemctl >/dev/null 2>&1; then
    systemctl --no-reload preset "{{unit}}" || say "cannot enable {{unit}}"
fi
