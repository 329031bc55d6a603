# Only at the first installation: dpkg looks for the accounts on the machine that it runs on, which is another one when it
# works on a folder (dpkg --root). What the administrator decided with dpkg-statoverride stays.
own() {
    dpkg-statoverride --list "$2" >/dev/null 2>&1 || chown -h "$1" "$2" || say "cannot give $2 to $1"
}
if [ "$1" = configure ] && [ -z "$2" ]; then
{{owned}}
fi
