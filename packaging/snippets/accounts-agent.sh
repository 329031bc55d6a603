if ! getent group "{{group}}" >/dev/null; then
    groupadd -r "{{group}}" || say "cannot make the group {{group}}"
fi
