# $1: configure, with the version before in $2, or abort-…
{{say}}

{{make}}
case $1 in
    configure | abort-upgrade | abort-deconfigure | abort-remove)
        ;;
    *)
        exit 0
        ;;
esac

{{own}}
{{made}}
{{tmpfiles}}
{{enable}}
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || say "systemd does not know the service yet, see: systemctl daemon-reload"
fi
if [ "$1" != configure ]; then
    exit 0
fi
{{restart}}
exit 0
