#compdef tinykv
# Completion of tinykv for zsh, after compinit: eval "$(tinykv completion zsh)"
_tinykv() {
    local line="tinykv ${(j: :)words[2,CURRENT]}"
    local -a found
    found=("${(@f)$(@PROGRAM@ "[suggest:${#line}]" "$line" 2>/dev/null)}")
    if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
}
compdef _tinykv tinykv
