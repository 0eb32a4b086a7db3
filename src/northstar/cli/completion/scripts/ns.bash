# Completes ns in bash; ns --install-completion wrote this.
_ns_completion() {
    local IFS=$'\n'
    COMPREPLY=($(_NS_COMPLETE=bash _NS_LINE="${COMP_LINE:0:COMP_POINT}" _NS_BREAKS="$COMP_WORDBREAKS" "$1" 2> /dev/null))
}
complete -o nospace -o bashdefault -o default -F _ns_completion ns
