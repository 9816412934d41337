# bash completion for mapfiles(1)                          -*- shell-script -*-
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Commands, options, arguments and columns are those that the tool's own --help names, so
# this need not be told of new ones. It is read in one locale and with long lines.

# mapfiles's words: the tool, as it was typed, and the command
_mapfiles_help()
{
	local tool=${words[0]/#\~/$HOME}

	ARGP_HELP_FMT=rmargin=400,no-dup-args-note LC_ALL=C "$tool" "$@" --help 2>/dev/null
}

_mapfiles_commands()
{
	_mapfiles_help | awk 'NF == 0 { paragraph++; next } paragraph == 1 { print $1 }'
}

# A line for each option: --long, its short form or -, and its argument if it must have one.
_mapfiles_options()
{
	_mapfiles_help "$1" | awk '
		match($0, /^ +(-., )?--[a-z-]+/) {
			short = substr($0, RSTART, RLENGTH) ~ /-., / ? $1 : "-"
			sub(/,$/, "", short)
			rest = substr($0, RSTART + RLENGTH)
			long = substr($0, RSTART, RLENGTH)
			sub(/^.*--/, "--", long)
			argument = match(rest, /^=[A-Z]+/) ? substr(rest, 2, RLENGTH - 1) : ""
			print long, short, argument
		}'
}

# The arguments behind the options, one a line: PID, ADDRESS..., FILE.
_mapfiles_arguments()
{
	_mapfiles_help "$1" | sed -n '1s/^.*\[OPTION\.\.\.\] *//p' | tr -d '[]' | tr ' ' '\n'
}

# By number or by name, whatever was begun.
_mapfiles_processes()
{
	local directory name quoted
	local -A seen

	for directory in /proc/[0-9]*; do
		[[ ${directory#/proc/} == "$cur"* && $cur ]] && COMPREPLY+=("${directory#/proc/}")
		{ IFS= read -r name <"$directory/comm"; } 2>/dev/null || continue
		printf -v quoted %q "$name"
		[[ $name && $quoted == "$cur"* && ! ${seen[$name]-} ]] && COMPREPLY+=("$quoted")
		seen[$name]=1
	done
}

# The ranges that the process given has mapped.
_mapfiles_addresses()
{
	local ranges

	ranges=$("${words[0]/#\~/$HOME}" ls --all --raw --no-headings --columns=range "$1" 2>/dev/null)
	mapfile -t COMPREPLY < <(compgen -W "$ranges" -- "$cur")
}

# Words from a list that is begun: a,b,c
_mapfiles_list()
{
	local begun=

	[[ $cur == *,* ]] && begun=${cur%,*},
	[[ $cur == +* && ! $begun ]] && begun=+
	mapfile -t COMPREPLY < <(compgen -P "$begun" -W "$*" -- "${cur#"$begun"}")
	compopt -o nospace
}

# In either case, as it was begun.
_mapfiles_columns()
{
	local columns

	columns=$(_mapfiles_help "$1" | awk '/^Columns, / { on = 1; next } on && NF > 1 { sub(/^\*/, "", $1); print $1 }')
	[[ $cur == *[A-Z]* ]] || columns=${columns,,}
	echo "$columns"
}

# _mapfiles_complete_argument COMMAND OPTION KIND: what an argument may be.
_mapfiles_complete_argument()
{
	case $2 in
	--columns) _mapfiles_list "$(_mapfiles_columns "$1")" ;;
	--verdicts) _mapfiles_list all replaced deleted masked unreachable temporary written same ;;
	--color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$cur") ;;
	--source) mapfile -t COMPREPLY < <(compgen -W "auto map_files query maps" -- "$cur") ;;
	*)
		case $3 in
		FILE | OUT) _filedir ;;
		DIR) _filedir -d ;;
		COMMAND) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
		PID | "PID|NAME") _mapfiles_processes ;;
		esac
		;;
	esac
}

# The option's long name and argument, if it must have one: of --long or -x
_mapfiles_taken()
{
	awk -v word="$1" '$1 == word || $2 == word { print $1, $3 }' <<<"$options"
}

# What stands behind the options, up to the word that is completed.
_mapfiles_find_given()
{
	local i taken

	given=()
	for ((i = 2; i < cword; i++)); do
		if [[ ${words[i]} != -* ]]; then
			given+=("${words[i]}")
			continue
		fi
		taken=$(_mapfiles_taken "${words[i]}")
		[[ $taken == *" "?* ]] && i=$((i + 1))
	done
}

_mapfiles_complete_given()
{
	local -a kinds given
	local kind

	_mapfiles_find_given
	mapfile -t kinds < <(_mapfiles_arguments "$1")
	((${#kinds[@]} > 0)) || return
	kind=${kinds[${#given[@]}]-}
	[[ ! $kind && ${kinds[-1]} == *... ]] && kind=${kinds[-1]}
	kind=${kind%...}
	if [[ $kind == ADDRESS* ]]; then
		_mapfiles_addresses "${given[0]}"
	else
		_mapfiles_complete_argument "$1" "" "$kind"
	fi
}

# The word behind --exec, where another command's begin; false if there is none.
_mapfiles_is_of_command()
{
	local i

	for ((i = 2; i < cword - 1; i++)); do
		[[ ${words[i]} == --exec ]] && _command_offset $((i + 1)) && return
	done
	return 1
}

_mapfiles()
{
	local cur prev words cword split options taken

	_init_completion -s || return
	if ((cword == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(_mapfiles_commands) help --help --version" -- "$cur")
		return
	fi
	if [[ ${words[1]} == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_mapfiles_commands)" -- "$cur")
		return
	fi
	options=$(_mapfiles_options "${words[1]}")
	[[ ${words[1]} == open ]] && _mapfiles_is_of_command && return
	taken=$(_mapfiles_taken "$prev")
	if [[ $taken == *" "?* || ($split == true && $prev == --*) ]]; then
		_mapfiles_complete_argument "${words[1]}" "${taken%% *}" "${taken##* }"
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(awk '{ print $1 ($3 ? "=" : ""); if ($2 != "-") print $2 }' <<<"$options")" -- "$cur")
		[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
	else
		_mapfiles_complete_given "${words[1]}"
	fi
} &&
	complete -F _mapfiles mapfiles
