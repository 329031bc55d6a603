# an upgrade: the files before this version are gone. Whoever masked the service does not want it, restarted neither
if [ -n "$2" ] && [ -d /run/systemd/system ]; then
    case $(systemctl is-enabled "{{unit}}" 2>/dev/null) in
        masked*) ;;
        *)
            if command -v deb-systemd-invoke >/dev/null 2>&1; then
                deb-systemd-invoke try-restart "{{unit}}" >/dev/null
            else
                systemctl try-restart "{{unit}}"
            fi || say "the service did not restart, see: systemctl status {{unit}}"
            ;;
    esac
fi
