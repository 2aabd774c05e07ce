// Bytes as text: base 64 (RFC 4648, sections 4 and 5) and hexadecimal. Decoding is strict.
import { bytesOf, type Text, textOf, type Value } from '../../base/value.ts';
import { codePointsOf } from '../../base/value-text.ts';
import { type Results, text, type WordRow, workOfAll } from './row.ts';
import { checked } from './strings.ts';

export const encode64 = (bytes: Uint8Array): string => bytes.toBase64();
const encode64Url = (v: Text): string => bytesOf(v).toBase64({ alphabet: 'base64url', omitPadding: true });

/** The decoded text and true; "" and false for what the encoder never writes. */
function decoded(v: Value, decode: (encoded: string) => Uint8Array): Results {
  try {
    return [textOf(decode(codePointsOf(text(v))), true), true];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return ['', false];
  }
}

function refuse(pattern: RegExp, encoded: string): string {
  if (pattern.test(encoded)) throw new SyntaxError('not a character of the encoding');
  return encoded;
}

/** Throws SyntaxError for what is not base 64 with its padding. */
export const decode64 = (encoded: string): Uint8Array =>
  Uint8Array.fromBase64(refuse(/\s/, encoded), { lastChunkHandling: 'strict' });

function decode64Url(encoded: string): Uint8Array {
  const padding = '='.repeat((4 - (encoded.length % 4)) % 4);
  return Uint8Array.fromBase64(refuse(/[\s=]/, encoded) + padding, {
    alphabet: 'base64url',
    lastChunkHandling: 'strict',
  });
}

// The aliases are the spellings of the seed generation.
const row = (name: string, effect: string, run: WordRow['run']): WordRow => ({
  name: `encoding.${name}`,
  aliases: [name],
  effect,
  run,
  work: workOfAll,
});

export const encodingWords: readonly WordRow[] = [
  row('base64-encode', '( String -- String )', (v) => checked(encode64(bytesOf(text(v))))),
  row('base64-decode', '( String -- String Bool )', (v) => decoded(v, decode64)),
  row('base64url-encode', '( String -- String )', (v) => checked(encode64Url(text(v)))),
  row('base64url-decode', '( String -- String Bool )', (v) => decoded(v, decode64Url)),
  row('hex-encode', '( String -- String )', (v) => checked(bytesOf(text(v)).toHex())),
  row('hex-decode', '( String -- String Bool )', (v) => decoded(v, (encoded) => Uint8Array.fromHex(encoded))),
];
