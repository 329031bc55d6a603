# Not enabled. What the administrator enabled stays so: the helper follows.
if command -v deb-systemd-helper >/dev/null 2>&1; then
    if deb-systemd-helper debian-installed "{{unit}}"; then
        deb-systemd-helper unmask "{{unit}}" >/dev/null || say "cannot unmask {{unit}}"
        if deb-systemd-helper --quiet was-enabled "{{unit}}"; then
            deb-systemd-helper enable "{{unit}}" >/dev/null || say "cannot enable {{unit}}"
        fi
    fi
    deb-systemd-helper update-state "{{unit}}" >/dev/null || say "cannot keep the state of {{unit}}"
fi
