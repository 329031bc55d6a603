say() {
    echo "{{name}}: $*" >&2
}
