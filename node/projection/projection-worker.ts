// The thread that writes the projection. Each message is answered by one, in order.
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../base/assert.ts';
import { unpackBatch } from './batch.ts';
import type { CopiedRow, CopiedTable } from './copied-tables.ts';
import { isUseless, Tables } from './tables.ts';

export type WorkerRequest =
  | { readonly kind: 'write'; readonly batch: Uint8Array }
  | { readonly kind: 'replace'; readonly table: CopiedTable; readonly rows: readonly CopiedRow[] }
  /** Begins with nothing. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'close' };

/** `cursor`: behind what was there when it was opened. `anew`: it was made anew, and holds nothing. */
export type WorkerReply =
  | { readonly done: true; readonly cursor: string | null }
  | { readonly failed: string; readonly anew?: boolean };

invariant(parentPort, 'the projection is written by a worker thread');
const port = parentPort;
const { file, cluster } = workerData as { readonly file: string; readonly cluster: string };
let tables: Tables | undefined;

function answer(request: WorkerRequest | { readonly kind: 'open' }): WorkerReply {
  try {
    if (request.kind === 'open') tables = Tables.open(file, cluster);
    else if (tables === undefined) return { failed: 'it could not be opened' };
    else if (request.kind === 'write') tables.write(unpackBatch(request.batch));
    else if (request.kind === 'replace') tables.replace(request.table, request.rows);
    else if (request.kind === 'close') tables.close();
    else tables = tables.anew();
    return { done: true, cursor: tables.cursor };
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    if (tables === undefined || !isUseless(error)) return { failed };
    tables = tables.anew();
    return { failed, anew: true };
  }
}

port.on('message', (request: WorkerRequest) => {
  port.postMessage(answer(request));
  if (request.kind === 'close') port.close();
});
port.postMessage(answer({ kind: 'open' }));
