// Faults of a store, on their way from the medium to the caller.
import { InvariantError } from '../../base/assert.ts';
import { SeqNodeError } from '../../base/errors.ts';

export type FaultCode =
  | 'disk-failed'
  | 'disk-full'
  | 'journal-damaged'
  | 'data-in-use'
  | 'bad-config'
  | 'internal'
  | 'invariant';

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Of opening a store: a file that it names itself and that is not there is as good as damaged. */
export function openFaultOf(cause: unknown): Fault {
  const { code, message } = faultOf(cause);
  const gone =
    code === 'disk-failed' &&
    /No such file or directory: While opening a file for sequentially reading/i.test(message);
  return new Fault(gone ? 'journal-damaged' : code, message);
}

/** What a medium threw: RocksDB, or one that speaks as it does. */
export function faultOf(cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof InvariantError) return new Fault('invariant', message);
  if (cause instanceof SeqNodeError) return new Fault(cause.code as FaultCode, message);
  const code = (cause as { code?: unknown } | null)?.code;
  if (code === 'LEVEL_LOCKED') return new Fault('data-in-use', message);
  if (code === 'LEVEL_CORRUPTION') return new Fault('journal-damaged', message);
  // RocksDB names the errno, and the call, only in its sentence. After a failed sync nobody knows what the
  // disk holds.
  if (/While f?(data)?sync/i.test(message)) return new Fault('disk-failed', message);
  if (/No space left on device|Disk quota exceeded/i.test(message)) return new Fault('disk-full', message);
  if (/Permission denied|Operation not permitted|Read-only file system/i.test(message))
    return new Fault('bad-config', message);
  return new Fault('disk-failed', message);
}

/** The error for the caller of the store. */
export function errorOf(code: FaultCode, message: string, directory = 'the data directory'): Error {
  if (code === 'invariant') return new InvariantError(message);
  if (code === 'data-in-use')
    return new SeqNodeError(code, `Another process uses ${directory}.`, { directory, cause: message });
  if (code === 'bad-config')
    return new SeqNodeError(
      code,
      `The store in ${directory} may not be used: ${message.replace(/\.$/, '')}.`,
    );
  const what = code === 'journal-damaged' ? 'The store is damaged' : 'The store failed';
  return new SeqNodeError(code, `${what}: ${message.replace(/\.$/, '')}.`);
}
