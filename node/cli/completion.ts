// Completion scripts for shells. Each asks seq-node itself for what may come next (see completing.ts), so
// that it knows the commands of the version that is there, and the actors and members of the cluster.

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const completionScript = (shell: (typeof SHELLS)[number]): string => SCRIPTS[shell];

// Where files may stand the function gives nothing, and bash completes their names, whatever is in them.
const BASH = `_seq_node() {
  local kind candidate
  COMPREPLY=()
  {
    read -r kind
    while IFS= read -r candidate; do
      # A word that begins with a quotation mark goes on within it.
      case "\${COMP_WORDS[COMP_CWORD]}" in
        [\\"\\']*) COMPREPLY+=("$candidate") ;;
        *) COMPREPLY+=("$(printf %q "$candidate")") ;;
      esac
    done
  } < <("$1" __complete --line "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  case "$kind" in
    files) ;;
    folders) compopt -o dirnames +o default 2>/dev/null ;;
    *) compopt +o default 2>/dev/null ;;
  esac
}
complete -o default -F _seq_node seq-node
`;

const ZSH = `#compdef seq-node
_seq_node() {
  local -a answer
  answer=("\${(@f)$("\${(Q)words[1]}" __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  case "\${answer[1]}" in
    files) _files ;;
    folders) _files -/ ;;
  esac
  compadd -- "\${(@)answer[2,-1]}"
}
if [[ "$funcstack[1]" == "_seq_node" ]]; then _seq_node "$@"; else compdef _seq_node seq-node; fi
`;

const FISH = `function __seq_node_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l answer ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
  switch "$answer[1]"
    case files
      __fish_complete_path "$current"
    case folders
      __fish_complete_directories "$current"
  end
  printf '%s\\n' $answer[2..-1]
end
complete -c seq-node -f -a '(__seq_node_complete)'
`;

const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
