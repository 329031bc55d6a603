# All but the directory in /run belong to the package. An image in the making has no /proc and no /run to speak of: there
# the first boot does it.
if command -v systemd-tmpfiles >/dev/null 2>&1 && [ -e /proc/self ]; then
    systemd-tmpfiles --create "{{name}}.conf" || say "systemd-tmpfiles could not make all directories"
fi
