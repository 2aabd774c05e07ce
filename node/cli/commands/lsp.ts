import { Writable } from 'node:stream';
import { createConnection } from 'vscode-languageserver/node';
import { VERSION } from '../../host/version.ts';
import type { Command } from '../command.ts';
import { LanguageServer } from '../language-server.ts';

export const lsp: Command = {
  name: 'lsp',
  summary: 'Serve an editor over standard input and output: the language server protocol.',
  arguments: [],
  flags: [{ name: 'stdio', type: 'boolean', doc: 'What editors pass; there is no other way.' }],
  examples: [['lsp', 'Started by an editor; see docs/TOOLS.md.']],
  async run(context) {
    const out = new Writable({
      write(chunk: Uint8Array, _, done) {
        context.out.write(chunk);
        done();
      },
    });
    // The library ends the process when the editor says so, or is gone.
    new LanguageServer(createConnection(context.in, out), VERSION);
    return new Promise<never>(() => {});
  },
};
