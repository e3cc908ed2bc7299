# SPDX-License-Identifier: MIT
# Completion for bash. Commands, options and rules are asked of fpolicyc itself.

# Options of a command's help: long ones with `=` where a value follows, and short ones.
_fpolicyc_options() {
	"$1" "$2" --help 2>/dev/null | grep -E '^(usage:| )' | grep -oE -- '(^|[ [,])(--[a-z-]+=?|-[A-Za-z])' | sed 's/^[ [,]*//' | sort -u
}

_fpolicyc() {
	local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} command
	local commands
	COMPREPLY=()
	commands=$("$program" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p')
	command=compile
	if [[ $COMP_CWORD -gt 1 && " ${commands//$'\n'/ } " == *" ${COMP_WORDS[1]} "* ]]; then command=${COMP_WORDS[1]}; fi
	# `=` is a word of its own where COMP_WORDBREAKS has it.
	if [[ $word == "=" ]]; then word=; else if [[ $last == "=" ]]; then last=${COMP_WORDS[COMP_CWORD - 2]}; fi; fi
	case $last in
	--target) COMPREPLY=($(compgen -W "$("$program" targets 2>/dev/null | sed -n 's/^\([a-z][^ ]*\)$/\1/p')" -- "$word")) ;;
	--format) COMPREPLY=($(compgen -W "$("$program" "$command" --help | sed -n 's/^  --format=F  *//p; s/^  --format=\([a-z]*\) .*/text \1/p' | tr -d ',' | sed 's/ or / /')" -- "$word")) ;;
	--fail-on) COMPREPLY=($(compgen -W "error warning note never" -- "$word")) ;;
	--explain | -W) COMPREPLY=($(compgen -W "all $("$program" lint --explain=all 2>/dev/null | awk '{print $1, $2}')" -- "$word")) ;;
	-o | -I) COMPREPLY=($(compgen -o default -- "$word")) ;;
	*)
		if [[ $word == -* ]]; then
			COMPREPLY=($(compgen -W "$(_fpolicyc_options "$program" "$command") --help" -- "$word"))
		elif [[ $COMP_CWORD -eq 1 ]]; then
			COMPREPLY=($(compgen -W "$commands" -- "$word") $(compgen -f -X '!*.policy' -- "$word"))
		else
			COMPREPLY=($(compgen -f -X '!*.policy' -- "$word") $(compgen -d -- "$word"))
		fi
		;;
	esac
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
	return 0
}
complete -o filenames -F _fpolicyc fpolicyc
