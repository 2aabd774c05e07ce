// The name of a module is the hash of its source, so that the same source has the same name on every node.
import { createHash } from 'node:crypto';
import { type ModuleHash, moduleHash } from '../base/ids.ts';
import { pack } from '../base/pack.ts';
import type { SourceBundle } from '../seq/index.ts';

const FORMAT = 1;

/** SHA-256 over the MessagePack of [1, entry, [[name, text], …]] with the names in code-unit order. */
export function hashModule(bundle: SourceBundle): ModuleHash {
  const files = Object.entries(bundle.files).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return moduleHash(
    createHash('sha256')
      .update(pack([FORMAT, bundle.entry, files]))
      .digest('hex'),
  );
}
