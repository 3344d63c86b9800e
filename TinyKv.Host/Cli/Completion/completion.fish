# Completion of tinykv for fish: tinykv completion fish | source
function __tinykv_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process) (commandline --current-token --cut-at-cursor)
    set words[1] tinykv
    set -l line (string join ' ' -- $words)
    @PROGRAM@ "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
end
complete --command tinykv --arguments '(__tinykv_complete)'
