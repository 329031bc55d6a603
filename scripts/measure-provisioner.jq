# one line of scripts/measure-provisioner, from the report of muster-fleet
.stages.restarted as $done
| ($done.count | if . == 0 then 1 else . end) as $count
| "\($label) · \($done.count) · \(if $done.max_ms == 0 then "-" else ($count * 60000 / $done.max_ms | round) end) · \($own / $count * 100 | round / 100) · \($helped / $count * 10 | round / 10) · \($brokered / $count * 100 | round / 100) · \((.used.cpu_user_ms + .used.cpu_system_ms) / $count * 100 | round / 100) · \($peak)"
