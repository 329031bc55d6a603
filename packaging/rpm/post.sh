# $1: 1 first installation, 2 or more upgrade. Nothing here fails the transaction; what does not work is said.
{{say}}

{{make}}
{{made}}
{{tmpfiles}}
{{enable}}
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || say "systemd does not know the service yet, see: systemctl daemon-reload"
fi
exit 0
