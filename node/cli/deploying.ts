// Deploys a Seq program that lies on this machine's disk.
import type { Module } from '../host/api.ts';
import type { SourceBundle } from '../seq/api.ts';
import type { Context } from './command.ts';
import type { NodeClient } from './node-client.ts';
import { remark } from './output.ts';
import { readModule } from './source-files.ts';

/** Rejects with `bad-program` and its diagnostics when the node refuses it. */
export async function deployFile(
  context: Context,
  client: NodeClient,
  file: string,
  bundle: SourceBundle = readModule(file),
): Promise<Module> {
  const module = (await client.call({ method: 'POST', address: '/v1/modules', body: bundle })) as Module;
  remark(context, `seq-node: deployed ${file} as ${module.hash}`);
  return module;
}
