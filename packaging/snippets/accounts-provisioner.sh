if ! getent group "{{group}}" >/dev/null; then
    groupadd -r "{{group}}" || say "cannot make the group {{group}}"
fi
if ! getent passwd "{{account}}" >/dev/null; then
    useradd -r -M -g "{{group}}" -d "{{statedir}}" -s /usr/sbin/nologin -c "Provisioner {{name}}" "{{account}}" ||
        say "cannot make the user {{account}}"
fi
