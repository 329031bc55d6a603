# Before files are unpacked, because they belong to the group.
{{say}}

{{accounts}}
exit 0
