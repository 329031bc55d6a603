//! Static binaries by cargo, the same bytes wherever they are made: targets, linkers, debug information, lists of what is inside.
