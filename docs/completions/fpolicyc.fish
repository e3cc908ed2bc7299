# SPDX-License-Identifier: MIT
# Completion for fish. Commands, options and rules are asked of fpolicyc itself.

function __fpolicyc_commands
    fpolicyc --help 2>/dev/null | string match -rg '^  ([a-z]+)  +.*' 
end

function __fpolicyc_command
    set -l words (commandline -opc)
    if test (count $words) -gt 1; and contains -- $words[2] (__fpolicyc_commands)
        echo $words[2]
    else
        echo compile
    end
end

function __fpolicyc_options
    fpolicyc (__fpolicyc_command) --help 2>/dev/null | string match -r '^(?:usage:| ).*' |
        string match -ra -- '(?<=[ \[,])(?:--[a-z-]+=?|-[A-Za-z](?![A-Za-z-]))' | sort -u
end

function __fpolicyc_rules
    echo all
    fpolicyc lint --explain=all 2>/dev/null | string match -rga '^(\S+)  (\S+)'
end

complete -c fpolicyc -f -n 'test (count (commandline -opc)) -eq 1' -a '(__fpolicyc_commands)'
complete -c fpolicyc -k -a '(__fish_complete_suffix .policy)'
complete -c fpolicyc -f -n 'string match -q -- "-*" (commandline -ct)' -a '(__fpolicyc_options)'
complete -c fpolicyc -s W -x -a '(__fpolicyc_rules)'
complete -c fpolicyc -l explain -x -a '(__fpolicyc_rules)'
complete -c fpolicyc -l fail-on -x -a 'error warning note never'
complete -c fpolicyc -l target -x -a "(fpolicyc targets 2>/dev/null | string match -rg '^([a-z]\S*)\$')"
