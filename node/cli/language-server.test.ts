// seq-node lsp as an editor meets it: a process that speaks the protocol over its standard streams.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import {
  createProtocolConnection,
  type Diagnostic,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';

const MAIN = join(import.meta.dirname, 'main.ts');
const SHAPES = '# Twice as much.\n: double ( Int -- Int ) 2 * ;\n';

async function editor(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-lsp-'));
  writeFileSync(join(folder, 'double.seq'), SHAPES);
  const child = spawn(process.execPath, [MAIN, 'lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  t.teardown(() => child.kill());
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const published = new Map<string, Diagnostic[]>();
  const waiting: (() => void)[] = [];
  connection.onNotification(
    'textDocument/publishDiagnostics',
    ({ uri, diagnostics }: PublishDiagnosticsParams) => {
      published.set(uri, diagnostics);
      for (const wake of waiting.splice(0)) wake();
    },
  );
  connection.listen();
  const uri = (name: string) => pathToFileURL(join(folder, name)).href;
  return {
    connection,
    exited,
    uri,
    open: (name: string, text: string) =>
      connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri: uri(name), languageId: 'seq', version: 1, text },
      }),
    change: (name: string, text: string) =>
      connection.sendNotification('textDocument/didChange', {
        textDocument: { uri: uri(name), version: 2 },
        contentChanges: [{ text }],
      }),
    /** The next diagnostics of a file that fit. */
    async diagnostics(name: string, fits: (all: readonly Diagnostic[]) => boolean) {
      for (;;) {
        const all = published.get(uri(name));
        if (all !== undefined && fits(all)) return all;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    ask: <T>(method: string, name: string, line: number, character: number): Promise<T> =>
      connection.sendRequest(method, { textDocument: { uri: uri(name) }, position: { line, character } }),
  };
}

test('an editing session', async (t) => {
  const { connection, exited, uri, open, change, diagnostics, ask } = await editor(t);
  const initialized = await connection.sendRequest<{ capabilities: Record<string, unknown> }>('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
  });
  t.like(initialized.capabilities, { hoverProvider: true, definitionProvider: true });
  await connection.sendNotification('initialized', {});

  await open('main.seq', 'include "double"\n: main ( -- ) 1 dubble drop ;\n');
  const [problem] = await diagnostics('main.seq', (all) => all.length > 0);
  t.like(problem, {
    range: { start: { line: 1, character: 16 }, end: { line: 1, character: 22 } },
    severity: 1,
    code: 'unknown-word',
  });
  t.regex(String(problem?.message), /Did you mean double\?/);

  await change('main.seq', 'include "double"\n: main ( -- ) 1 double drop ;\n');
  t.deepEqual(await diagnostics('main.seq', (all) => all.length === 0), []);

  t.deepEqual(await ask('textDocument/hover', 'main.seq', 1, 18), {
    contents: { kind: 'markdown', value: '```seq\ndouble ( Int -- Int )\n```\n\nTwice as much.' },
    range: { start: { line: 1, character: 16 }, end: { line: 1, character: 22 } },
  });
  t.is(await ask('textDocument/hover', 'main.seq', 1, 14), null);
  t.deepEqual(await ask('textDocument/definition', 'main.seq', 1, 18), {
    uri: uri('double.seq'),
    range: { start: { line: 1, character: 2 }, end: { line: 1, character: 8 } },
  });
  const items = await ask<{ label: string; detail: string; textEdit: unknown }[]>(
    'textDocument/completion',
    'main.seq',
    1,
    18,
  );
  t.deepEqual(items.find(({ label }) => label === 'double')?.textEdit, {
    range: { start: { line: 1, character: 16 }, end: { line: 1, character: 18 } },
    newText: 'double',
  });

  // What could be better is told, too.
  await change('main.seq', ': main ( -- ) 1 2 swap swap drop drop ;\n');
  t.true((await diagnostics('main.seq', (all) => all.length > 0)).every(({ severity }) => severity !== 1));
  await change('main.seq', 'include "double"\n: main ( -- ) 1 double drop ;\n');

  // What the editor holds goes before what is on disk, also for a file that is included.
  await open('double.seq', ': double ( Int -- Int ) nonsense ;\n');
  t.like((await diagnostics('double.seq', (all) => all.length > 0))[0], { code: 'unknown-word' });
  await connection.sendNotification('textDocument/didClose', { textDocument: { uri: uri('double.seq') } });
  t.deepEqual(await diagnostics('double.seq', (all) => all.length === 0), []);

  const symbols = await connection.sendRequest('textDocument/documentSymbol', {
    textDocument: { uri: uri('main.seq') },
  });
  t.like(symbols, [{ name: 'main', detail: '( -- )' }]);
  await change('main.seq', ': main ( -- )\n1 drop\n;');
  const edits = await connection.sendRequest<{ newText: string }[]>('textDocument/formatting', {
    textDocument: { uri: uri('main.seq') },
    options: { tabSize: 2, insertSpaces: true },
  });
  t.is(edits[0]?.newText, ': main ( -- )\n  1 drop\n;\n');

  // Changes on behalf of the user.
  const used = 'include "double"\n: main ( -- ) 1 double dubble drop ;\n';
  await change('main.seq', used);
  await diagnostics('main.seq', (all) => all.length > 0);
  const references = await connection.sendRequest<{ uri: string }[]>('textDocument/references', {
    textDocument: { uri: uri('main.seq') },
    position: { line: 1, character: 18 },
    context: { includeDeclaration: true },
  });
  t.deepEqual(
    references.map((each) => each.uri),
    [uri('double.seq'), uri('main.seq')],
  );
  const actions = await connection.sendRequest<{ title: string; kind: string; edit?: unknown }[]>(
    'textDocument/codeAction',
    {
      textDocument: { uri: uri('main.seq') },
      range: { start: { line: 1, character: 25 }, end: { line: 1, character: 25 } },
      context: { diagnostics: [] },
    },
  );
  t.like(actions[0], { title: 'Write double', kind: 'quickfix' });
  t.deepEqual(actions[0]?.edit, {
    changes: {
      [uri('main.seq')]: [
        { range: { start: { line: 1, character: 23 }, end: { line: 1, character: 29 } }, newText: 'double' },
      ],
    },
  });
  await change('main.seq', 'include "double"\n: main ( -- ) 1 dup i.> if else then 2 double drop ;\n');
  const rename = (newName: string) =>
    connection.sendRequest<{ changes: Record<string, { newText: string }[]> }>('textDocument/rename', {
      textDocument: { uri: uri('main.seq') },
      position: { line: 1, character: 42 },
      newName,
    });
  const { changes } = await rename('twice');
  t.deepEqual(Object.keys(changes).toSorted(), [uri('double.seq'), uri('main.seq')].toSorted());
  t.is(changes[uri('main.seq')]?.[0]?.newText, 'twice');
  await t.throwsAsync(() => rename('two words'), { message: /cannot be a name/ });
  t.like(await ask('textDocument/signatureHelp', 'main.seq', 1, 45), {
    signatures: [{ label: 'double ( Int -- Int )', documentation: 'Twice as much.' }],
  });
  const migrate = actions.find(({ kind }) => kind === 'source.migrate');
  const resolved = await connection.sendRequest<{ edit: { changes: Record<string, { newText: string }[]> } }>(
    'codeAction/resolve',
    migrate,
  );
  t.regex(
    resolved.edit.changes[uri('main.seq')]?.[0]?.newText ?? '',
    /\[ {2}?\] \[ {2}?\] if|\[ \] \[ \] if/,
  );

  await connection.sendRequest('shutdown');
  await connection.sendNotification('exit');
  t.deepEqual(await exited, [0, null]);
});

test('what is included and wrong is shown where it is, and the server ends with its editor', async (t) => {
  const { connection, exited, open, diagnostics, uri } = await editor(t);
  await connection.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {} });
  await open('first.seq', 'include "second"\n: main ( -- ) ;\n');
  t.like((await diagnostics('first.seq', (all) => all.length > 0))[0], { code: 'unknown-file' });
  writeFileSync(new URL(uri('second.seq')), ': second ( -- ) nonsense ;\n');
  await connection.sendNotification('textDocument/didSave', { textDocument: { uri: uri('second.seq') } });
  t.like((await diagnostics('second.seq', (all) => all.length > 0))[0], { code: 'unknown-word' });
  t.deepEqual(await diagnostics('first.seq', (all) => all.length === 0), []);
  connection.end();
  const [code] = await exited;
  t.is(code, 1);
});
