// The digest that distinguishes requests of a client under the same id. The path is not in it: ids belong to
// their path.
import { writeData } from '../../base/codec.ts';
import { fingerprint } from '../../base/hash.ts';
import { MsgpackWriter } from '../../base/msgpack-writer.ts';
import type { ClientRequest } from '../types.ts';

/** What takes effect once by its id. */
export type Repeatable = Extract<ClientRequest, { readonly id: string }>;

const writer = new MsgpackWriter();

/**
 * 64 bits of the operation and its content. An id is compared with the one request that it stood for before,
 * so that a mistake goes unnoticed once in 2^64 times; a client that searches another message with the same
 * digest deceives only itself.
 */
export const digestOf = (request: Repeatable): Uint8Array => measured(request).digest;

/** The digest, and how many bytes the content takes at most. */
export function measured(request: Repeatable): { readonly digest: Uint8Array; readonly bytes: number } {
  writer.clear();
  writer.text(request.op, 'the operation');
  switch (request.op) {
    case 'tell':
    case 'ask':
      writeData(writer, request.message);
      break;
    case 'spawn': {
      const { module, target, captured } = request.code;
      writer.text(module, 'the module');
      if ('word' in target) writer.text(target.word, 'the word');
      else writer.count(target.quotation, 'the quotation');
      for (const value of captured) writeData(writer, value);
      writer.text(request.mode, 'the mode');
      writer.truth(request.newLife);
      if (request.journalReads) writer.text('journal reads', 'the option');
      break;
    }
    case 'upgrade':
      writer.text(request.module, 'the module');
      for (const word of [request.word, request.migrate]) {
        if (word === null) writer.nil();
        else writer.text(word, 'a word');
      }
      writer.truth(request.resume);
      break;
    case 'queue-order':
      writeData(writer, request.order);
      break;
    case 'purge':
      writer.truth(request.force);
      break;
  }
  const { written } = writer;
  return { digest: fingerprint(written), bytes: written.length };
}
