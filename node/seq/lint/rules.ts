// The lints, one row each. Their ids are those of the reference's linter, so that `# seq:allow(id)` in programs for it counts
// here too; a row with a pattern is a run of words that stand side by side in one body.

export type Severity = 'warning' | 'hint';

export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** Words with a space between. Absent: the rule is not about the mere sequence of words. */
  readonly pattern?: string;
  /** One sentence. Absent where the place decides it. */
  readonly message?: string;
  readonly hint: string;
}

/** A word that leaves a Bool that says whether it worked. */
interface Fallible {
  readonly word: string;
  /** What its Bool tells, with an article. */
  readonly failure: string;
  /** The rule about `word drop`. */
  readonly id?: string;
  readonly severity?: Severity;
}

const fallible = (word: string, failure: string, id?: string, severity: Severity = 'hint'): Fallible =>
  id === undefined ? { word, failure } : { word, failure, id, severity };

const FALLIBLE: readonly Fallible[] = [
  fallible('chan.send', 'a closed channel', 'unchecked-chan-send', 'warning'),
  fallible('chan.receive', 'a closed channel', 'unchecked-chan-receive', 'warning'),
  fallible('file.slurp', 'a file that cannot be read', 'unchecked-file-slurp', 'warning'),
  fallible('file.spit', 'a file that cannot be written', 'unchecked-file-spit', 'warning'),
  fallible('file.append', 'a file that cannot be written', 'unchecked-file-append', 'warning'),
  fallible('file.size', 'a file that cannot be read', 'unchecked-file-size'),
  fallible('file.delete', 'a file that cannot be deleted'),
  fallible('dir.list', 'a directory that cannot be read', 'unchecked-dir-list'),
  fallible('dir.make', 'a directory that cannot be made'),
  fallible('dir.delete', 'a directory that cannot be deleted'),
  fallible('io.read-line', 'the end of the input', 'unchecked-read-line'),
  fallible('i./', 'a division by zero', 'unchecked-div', 'warning'),
  fallible('i.divide', 'a division by zero', 'unchecked-divide', 'warning'),
  fallible('i.%', 'a division by zero', 'unchecked-mod', 'warning'),
  fallible('i.modulo', 'a division by zero', 'unchecked-modulo', 'warning'),
  fallible('i.pow', 'a negative exponent or an overflow', 'unchecked-i-pow', 'warning'),
  fallible('string->int', 'text that is no Int', 'unchecked-string-to-int'),
  fallible('string->float', 'text that is no Float', 'unchecked-string-to-float'),
  fallible('map.get', 'a missing key', 'unchecked-map-get'),
  fallible('list.get', 'a position outside of the list', 'unchecked-list-get'),
  fallible('list.set', 'a position outside of the list', 'unchecked-list-set'),
  fallible('list.first', 'an empty list', 'unchecked-list-first'),
  fallible('list.last', 'an empty list', 'unchecked-list-last'),
  fallible('net.tcp.listen', 'a port that cannot be had', 'unchecked-tcp-listen', 'warning'),
  fallible('net.tcp.connect', 'a connection that fails'),
  fallible('net.tcp.accept', 'a connection that fails', 'unchecked-tcp-accept', 'warning'),
  fallible('net.tcp.local-port', 'a socket without a port'),
  fallible('net.tcp.read', 'a connection that is lost', 'unchecked-tcp-read', 'warning'),
  fallible('net.tcp.write', 'a connection that is lost', 'unchecked-tcp-write', 'warning'),
  fallible('net.tcp.close', 'a socket that cannot be closed'),
  fallible('net.dns.resolve', 'a name without an address'),
  fallible('net.tls.client', 'a handshake that fails'),
  fallible('os.getenv', 'a variable that is not set', 'unchecked-getenv'),
  fallible('os.home-dir', 'a missing home directory'),
  fallible('os.current-dir', 'a missing directory'),
  fallible('os.path-parent', 'a path without a parent', 'unchecked-path-parent'),
  fallible('os.path-filename', 'a path without a name'),
  fallible('regex.find', 'no match or a bad expression', 'unchecked-regex-find'),
  fallible('regex.find-all', 'a bad expression'),
  fallible('regex.replace', 'a bad expression', 'unchecked-regex-replace'),
  fallible('regex.replace-all', 'a bad expression', 'unchecked-regex-replace-all'),
  fallible('regex.captures', 'a bad expression'),
  fallible('regex.split', 'a bad expression'),
  fallible('encoding.base64-decode', 'text that is not base64', 'unchecked-base64-decode'),
  fallible('encoding.base64url-decode', 'text that is not base64'),
  fallible('encoding.hex-decode', 'text that is not hexadecimal', 'unchecked-hex-decode'),
  fallible('crypto.aes-gcm-encrypt', 'a bad key', 'unchecked-aes-encrypt', 'warning'),
  fallible('crypto.aes-gcm-decrypt', 'a wrong key or changed data', 'unchecked-aes-decrypt', 'warning'),
  fallible('crypto.pbkdf2-sha256', 'bad arguments'),
  fallible('crypto.ed25519-sign', 'a bad key', 'unchecked-ed25519-sign', 'warning'),
  fallible('compress.gzip', 'data that cannot be compressed'),
  fallible('compress.gzip-level', 'a bad level'),
  fallible('compress.gunzip', 'data that is not compressed so', 'unchecked-gunzip'),
  fallible('compress.zstd', 'data that cannot be compressed'),
  fallible('compress.zstd-level', 'a bad level'),
  fallible('compress.unzstd', 'data that is not compressed so', 'unchecked-unzstd'),
  fallible('json-parse', 'text that is not JSON'),
  fallible('yaml-parse', 'text that is not YAML'),
  fallible('net.udp.bind', 'a port that cannot be had'),
  fallible('net.udp.receive-from', 'a socket that is closed'),
  fallible('map-get-safe', 'a missing key'),
  fallible('actor-try-ask', 'an answer that did not come'),
];

/** What the Bool on top of what these words leave tells, by word. */
export const FAILURES: ReadonlyMap<string, string> = new Map(
  FALLIBLE.map(({ word, failure }) => [word, failure]),
);

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
