# Completion of tinykv for bash: eval "$(tinykv completion bash)"
_tinykv() {
    local word=${COMP_WORDS[COMP_CWORD]} called=${COMP_WORDS[0]} IFS=$'\n'
    # Whatever name or alias it was called by.
    local line="tinykv${COMP_LINE#"$called"}" point=$((COMP_POINT + 6 - ${#called}))
    COMPREPLY=($(compgen -W "$(@PROGRAM@ "[suggest:$point]" "$line" 2>/dev/null)" -- "$word"))
}
complete -o bashdefault -o default -F _tinykv tinykv
