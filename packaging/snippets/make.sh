# Makes the configuration $2 like $1 when there is none. It appears whole or not at all: it is finished under another name,
# and a link, unlike a rename, never replaces what somebody made meanwhile.
make() {
    if [ -e "$2" ] || [ -L "$2" ]; then
        return 0
    fi
    made=$(mktemp "$2.XXXXXX") || {
        say "cannot make $2"
        return 0
    }
    if cp "$1" "$made" && chown "root:{{group}}" "$made" && chmod 0640 "$made"; then
        ln "$made" "$2" || [ -e "$2" ] || say "cannot make $2"
    else
        say "cannot make $2"
    fi
    rm -f "$made"
}
