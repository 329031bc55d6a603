# Enabled at the first installation and not started. Later what the administrator chose is left alone: the helper knows.
if command -v deb-systemd-helper >/dev/null 2>&1; then
    deb-systemd-helper unmask "{{unit}}" >/dev/null || say "cannot unmask {{unit}}"
    if deb-systemd-helper --quiet was-enabled "{{unit}}"; then
        deb-systemd-helper enable "{{unit}}" >/dev/null || say "cannot enable {{unit}}"
    else
        deb-systemd-helper update-state "{{unit}}" >/dev/null || say "cannot keep the state of {{unit}}"
    fi
elif [ -z "$2" ] && command -v systemctl >/dev/null 2>&1; then
    systemctl --no-reload enable "{{unit}}" || say "cannot enable {{unit}}"
fi
