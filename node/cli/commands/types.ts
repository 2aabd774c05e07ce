import { writeFileSync } from 'node:fs';
import { SeqNodeError } from '../../base/errors.ts';
import type { ProgramInterface } from '../../seq/index.ts';
import type { Command, Context, Input } from '../command.ts';
import { CLIENT_FLAGS, NodeClient } from '../node-client.ts';
import { RELEASE_FLAG, releaseFrom } from '../release-flag.ts';
import { declarationsOf } from '../type-declarations.ts';

const HASH = /^[0-9a-f]{64}$/;

export const types: Command = {
  name: 'types',
  summary: 'Write TypeScript for what the actors of programs take and answer.',
  arguments: [
    { name: 'MODULE', doc: 'A program, or the hash of a deployed module.', required: true, many: true },
  ],
  flags: [
    { name: 'out', type: 'text', value: 'FILE', doc: 'Write there instead of on standard output.' },
    RELEASE_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['types examples/accounts.seq', 'One type for each behaviour and union.'],
    ['types examples/accounts.seq examples/cart.seq --out actors.d.ts', 'For client.actor<Account>(…).'],
  ],
  async run(context, input) {
    const described = [];
    for (const module of input.arguments)
      described.push({ source: sourceOf(module), program: await interfaceOf(context, input, module) });
    const text = declarationsOf(described);
    const file = input.text('out');
    if (file === undefined) context.out.write(text);
    else write(file, text);
    return 0;
  },
};

const sourceOf = (module: string): string => (HASH.test(module) ? `module ${module}` : module);

async function interfaceOf(context: Context, input: Input, module: string): Promise<ProgramInterface> {
  if (HASH.test(module)) {
    const client = new NodeClient(context, input);
    return (await client.call({ method: 'GET', address: `/v1/modules/${module}` })) as ProgramInterface;
  }
  const { compileFile } = await import('../compiling.ts');
  return compileFile(module, releaseFrom(input)).interface();
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new SeqNodeError('unreadable-file', `${file} cannot be written: ${(error as Error).message}.`, {
      file,
    });
  }
}
