    rm -rf "{{statedir}}" "{{logdir}}" "{{etcdir}}/ssl" "{{etcdir}}/policies" "{{etcdir}}/plugin.d" "{{etcdir}}/.muster"
    rm -f "{{etcdir}}/server.conf" "{{etcdir}}/policy.toml" "{{etcdir}}/server.jwt" "{{etcdir}}/server.seed"
    say "removed the node's configuration, its keys and its state: {{etcdir}}, {{statedir}}, {{logdir}}"
