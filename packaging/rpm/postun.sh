# $1: 0 removal, 1 or more upgrade.
{{say}}

if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || say "systemd still knows the files that are gone, see: systemctl daemon-reload"
fi
{{restart}}
if [ "$1" -eq 0 ]; then
    rm -rf "{{rundir}}"
{{stays}}
fi
exit 0
