// The words that can fail, and what the Bool on top of what they leave tells.

export type Severity = 'warning' | 'hint';

/** A word that leaves a Bool that says whether it worked. */
export interface Fallible {
  readonly word: string;
  /** What its Bool tells, with an article. */
  readonly failure: string;
  /** The rule about `word drop`. */
  readonly id?: string;
  readonly severity?: Severity;
}

const fallible = (word: string, failure: string, id?: string, severity: Severity = 'hint'): Fallible =>
  id === undefined ? { word, failure } : { word, failure, id, severity };

export const FALLIBLE: readonly Fallible[] = [
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
  fallible('actor-whereis', 'an address at which no actor lives'),
];

/** What the Bool on top of what these words leave tells, by word. */
export const FAILURES: ReadonlyMap<string, string> = new Map(
  FALLIBLE.map(({ word, failure }) => [word, failure]),
);
