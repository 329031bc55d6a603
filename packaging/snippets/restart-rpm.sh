# The files before this version are gone only now. Whoever masked the service does not want it, restarted neither.
if [ "$1" -ge 1 ] && [ -d /run/systemd/system ]; then
    case $(systemctl is-enabled "{{unit}}" 2>/dev/null) in
        masked*) ;;
        *) systemctl try-restart "{{unit}}" || say "the service did not restart, see: systemctl status {{unit}}" ;;
    esac
fi
