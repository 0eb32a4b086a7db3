# Completes ns in zsh; ns --install-completion wrote this.
_ns_completion() {
    local -a lines values shown
    local line
    lines=("${(@f)$(_NS_COMPLETE=zsh $words[1] "${(@)words[2,CURRENT]}" 2> /dev/null)}")
    for line in "${lines[@]}"; do
        [[ -n "$line" ]] || continue
        values+=("${line%%$'\t'*}")
        shown+=("${${line%%$'\t'*}% }${${line#*$'\t'}:+  ${line#*$'\t'}}")
    done
    if (( $#values )); then
        compadd -Q -S '' -l -d shown -a values
    else
        compset -P '*='
        _files
    fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _ns_completion ns
