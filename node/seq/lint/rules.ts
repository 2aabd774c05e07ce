// The lints, one row each. Their ids are those of the reference's linter, so that `# seq:allow(id)` in
// programs for it counts here too; a row with a pattern is a run of words that stand side by side in one
// body.

import { FAILURES, FALLIBLE, type Severity } from '../builtins/fallible.ts';

export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** Words with a space between. Absent: the rule is not about the mere sequence of words. */
  readonly pattern?: string;
  /** One sentence. Absent where the place decides it. */
  readonly message?: string;
  readonly hint: string;
}

const CHECK_IT = 'Branch on it with if, when or unless.';

/** The sentence about a Bool that is thrown away. */
export const unchecked = (word: string): string =>
  `The Bool that ${word} leaves is dropped, so that ${FAILURES.get(word)} goes unnoticed.`;

const nothing = (id: string, pattern: string): Rule => ({
  id,
  severity: 'warning',
  pattern,
  message: `${pattern} does nothing.`,
  hint: 'Leave it out.',
});

const prefer = (id: string, pattern: string, word: string): Rule => ({
  id,
  severity: 'hint',
  pattern,
  message: `${pattern} is ${word}.`,
  hint: `Write ${word}.`,
});

export const RULES: readonly Rule[] = [
  nothing('redundant-dup-drop', 'dup drop'),
  nothing('redundant-swap-swap', 'swap swap'),
  nothing('redundant-over-drop', 'over drop'),
  nothing('redundant-dup-nip', 'dup nip'),
  nothing('redundant-rot-rot-rot', 'rot rot rot'),
  prefer('prefer-nip', 'swap drop', 'nip'),
  prefer('prefer-tuck', 'swap over', 'tuck'),
  prefer('prefer-2dup', 'over over', '2dup'),
  prefer('drop-drop-drop', 'drop drop drop', '3drop'),
  ...FALLIBLE.flatMap(({ word, id, severity }): Rule[] =>
    id === undefined || severity === undefined
      ? []
      : [{ id, severity, pattern: `${word} drop`, message: unchecked(word), hint: CHECK_IT }],
  ),
  {
    id: 'weave-immediate-drop',
    severity: 'warning',
    pattern: 'strand.weave drop',
    message: 'The weave is dropped at once, so that it never runs.',
    hint: 'Keep its handle and resume it, or leave it out.',
  },
  {
    id: 'unchecked-resume',
    severity: 'warning',
    pattern: 'strand.resume drop drop drop',
    message: 'All that strand.resume leaves is dropped, so that the end of the weave goes unnoticed.',
    hint: CHECK_IT,
  },
  {
    id: 'unchecked-resume-result',
    severity: 'hint',
    pattern: 'strand.resume drop drop',
    message: 'The Bool that strand.resume leaves is dropped, so that the end of the weave goes unnoticed.',
    hint: CHECK_IT,
  },
  {
    id: 'deep-nesting',
    severity: 'hint',
    hint: 'Use cond, or move branches into words of their own.',
  },
  { id: 'unchecked-error-flag', severity: 'warning', hint: CHECK_IT },
  {
    id: 'map-set-order',
    severity: 'warning',
    hint: 'Write swap before map.set, which takes the map, the key and the value, on top.',
  },
  {
    id: 'turn-word-in-script',
    severity: 'warning',
    hint: 'Call it in a behaviour, ( Map Message -- Map ), and start that with seq-node spawn, or try it in seq-node repl.',
  },
  {
    id: 'script-word-in-turn',
    severity: 'warning',
    hint: 'Do it in a script, and send the actor what it needs.',
  },
  {
    id: 'watch-untold',
    severity: 'warning',
    message: 'No union here takes the message that tells of the end of a watched actor.',
    hint: 'Add Terminated { path: String, reason: Symbol } to the union of the behaviour.',
  },
  {
    id: 'subscription-untold',
    severity: 'warning',
    message: 'No union here takes the message that tells of a record.',
    hint: 'Add Recorded { path: String, sequence: Int, record: Map } to the union of the behaviour.',
  },
  {
    id: 'unreachable-chan-yield',
    severity: 'warning',
    message: 'No strand runs beside this one, so chan.yield gives way to none.',
    hint: 'Run the word with strand.spawn, or leave chan.yield out.',
  },
  {
    id: 'resource-leak-weavehandle',
    severity: 'warning',
    message: 'The weave is dropped without having been resumed or cancelled.',
    hint: 'Resume it to its end, or end it with strand.weave-cancel.',
  },
  {
    id: 'resource-leak-channel',
    severity: 'warning',
    message: 'The channel is dropped without having been closed.',
    hint: 'End it with chan.close.',
  },
  {
    id: 'resource-branch-inconsistent',
    severity: 'warning',
    hint: 'End it in every branch, or in none.',
  },
];
