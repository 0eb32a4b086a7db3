# Completes ns in fish; ns --install-completion wrote this.
function __ns_completion
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found (_NS_COMPLETE=fish $words[1] $words[2..-1] "$current" 2> /dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        set -l option (string match -r -- '^--[^=]*=' "$current")
        for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current"))
            echo "$option$path"
        end
    end
end
complete -c ns -f -a '(__ns_completion)'
