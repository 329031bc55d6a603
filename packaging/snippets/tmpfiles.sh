if command -v systemd-tmpfiles >/dev/null 2>&1; then
    systemd-tmpfiles --create "{{name}}.conf" || say "systemd-tmpfiles could not make all directories"
fi
