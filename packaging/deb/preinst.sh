# Before files are unpacked, because they belong to the group.
{{say}}

case $1 in
    install | upgrade)
        ;;
    *)
        exit 0
        ;;
esac

{{accounts}}
exit 0
