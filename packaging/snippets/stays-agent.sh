    say "the node's configuration, keys and state stay in {{etcdir}} and {{statedir}}, its log in {{logdir}}"
