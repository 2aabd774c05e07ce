// Shell completion, from the table of commands.
import type { Command } from './command.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function completionScript(shell: (typeof SHELLS)[number], commands: readonly Command[]): string {
  if (shell === 'bash') return bashScript(commands);
  return shell === 'zsh' ? zshScript(commands) : fishScript(commands);
}

const flagsOf = ({ flags }: Command): string[] => [...flags.map(({ name }) => `--${name}`), '--help'];

/** Of a first word that is a command by itself, too. */
const ownFlags = (first: string, commands: readonly Command[]): string[] =>
  commands.filter(({ name }) => name === first).flatMap(flagsOf);

/** First words, and the second words of the commands that have two. */
function tree(commands: readonly Command[]): Map<string, string[]> {
  const words = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ');
    words.set(first, [...(words.get(first) ?? []), ...(second === undefined ? [] : [second])]);
  }
  return words;
}

function bashScript(commands: readonly Command[]): string {
  const words = tree(commands);
  const groups = [...words].filter(([, seconds]) => seconds.length > 0);
  const lines = [
    '_seq_node() {',
    `  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" flags=""`,
    `  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${[...words.keys()].join(' ')}" -- "$word")); return; fi`,
    '  case "$command" in',
    ...groups.map(
      ([first, seconds]) =>
        `    ${first}) if [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W "${[...seconds, ...ownFlags(first, commands)].join(' ')}" -- "$word")); return; fi; case "\${COMP_WORDS[2]}" in ${seconds.join('|')}) command="${first} \${COMP_WORDS[2]}" ;; esac ;;`,
    ),
    '  esac',
    '  case "$command" in',
    ...commands.map((command) => `    "${command.name}") flags="${flagsOf(command).join(' ')}" ;;`),
    '  esac',
    '  case "$word" in -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;; *) COMPREPLY=($(compgen -f -- "$word")) ;; esac',
    '}',
    'complete -o filenames -F _seq_node seq-node',
  ];
  return `${lines.join('\n')}\n`;
}

/** zsh runs the bash script through its own compatibility layer. */
function zshScript(commands: readonly Command[]): string {
  return `#compdef seq-node\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`;
}

function fishScript(commands: readonly Command[]): string {
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines: string[] = [];
  for (const [first, seconds] of tree(commands)) {
    const row = commands.find(({ name }) => name === first);
    const doc = row?.summary ?? `One of ${seconds.join(', ')}.`;
    lines.push(`complete -c seq-node -n __fish_use_subcommand -f -a ${quote(first)} -d ${quote(doc)}`);
    if (seconds.length > 0)
      lines.push(
        `complete -c seq-node -n '__fish_seen_subcommand_from ${first}' -f -a ${quote(seconds.join(' '))}`,
      );
  }
  for (const { name, flags } of commands) {
    const condition = name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
    for (const flag of flags) {
      const value = flag.value === undefined ? '' : ' -r';
      lines.push(`complete -c seq-node -n ${quote(condition)} -l ${flag.name}${value} -d ${quote(flag.doc)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
