    say "the provisioner's configuration stays in {{etcdir}}, its journal and its authority in {{statedir}}"
