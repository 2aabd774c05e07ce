// The language server protocol, version 3.17: what an editor sends becomes questions to node/seq/tooling, and back.
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type CompletionItem,
  CompletionItemKind,
  type Connection,
  DiagnosticSeverity,
  type DocumentSymbol,
  type Hover,
  type InitializeResult,
  type Diagnostic as LspDiagnostic,
  type Location as LspLocation,
  type Range,
  SymbolKind,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  type TextEdit,
} from 'vscode-languageserver/node';
import { formatSource } from '../seq/format/format.ts';
import type { Diagnostic } from '../seq/index.ts';
import { Analysis, type Completion } from '../seq/tooling/analysis.ts';
import type { Definition } from '../seq/tooling/definitions.ts';
import { readEdited } from './source-files.ts';

/** A check waits this long for the next key. */
const PAUSE_MS = 100;

export const CAPABILITIES: InitializeResult['capabilities'] = {
  positionEncoding: 'utf-16',
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Full, save: true },
  hoverProvider: true,
  completionProvider: { triggerCharacters: ['.', '-', ':', '>'] },
  definitionProvider: true,
  documentSymbolProvider: true,
  documentFormattingProvider: true,
};

export class LanguageServer {
  readonly #connection: Connection;
  /** The open documents: their texts by the name of their file. */
  readonly #texts = new Map<string, string>();
  /** Files of which the editor shows diagnostics. */
  #shown = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** Answers until the connection ends. */
  constructor(connection: Connection, version: string) {
    this.#connection = connection;
    connection.onInitialize(() => ({
      capabilities: CAPABILITIES,
      serverInfo: { name: 'seq-node', version },
    }));
    connection.onDidOpenTextDocument(({ textDocument: { uri, text } }) => this.#changed(uri, text));
    connection.onDidChangeTextDocument(({ textDocument: { uri }, contentChanges }) =>
      this.#changed(uri, contentChanges.at(-1)?.text),
    );
    connection.onDidSaveTextDocument(() => this.#checkSoon());
    connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
      this.#texts.delete(fileOf(uri));
      this.#checkSoon();
    });
    connection.onHover((at) => this.#hover(at));
    connection.onDefinition((at) => this.#definition(at));
    connection.onCompletion((at) => this.#completion(at));
    connection.onDocumentSymbol(({ textDocument: { uri } }) => this.#symbols(fileOf(uri)));
    connection.onDocumentFormatting(({ textDocument: { uri } }) => this.#formatted(fileOf(uri)));
    connection.listen();
  }

  #changed(uri: string, text: string | undefined): void {
    if (text !== undefined) this.#texts.set(fileOf(uri), text);
    this.#checkSoon();
  }

  #checkSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), PAUSE_MS);
  }

  /** Checks every open document, because each may include another. What an included file lacks is shown in that file. */
  #check(): void {
    const found = new Map<string, LspDiagnostic[]>();
    for (const file of this.#texts.keys()) found.set(file, []);
    for (const file of this.#texts.keys())
      for (const diagnostic of this.#analysis(file).diagnostics()) {
        // An open file is checked as a program of its own.
        if (diagnostic.file !== file && this.#texts.has(diagnostic.file)) continue;
        const all = found.get(diagnostic.file) ?? [];
        const each = diagnosticOf(diagnostic);
        if (!all.some((other) => JSON.stringify(other) === JSON.stringify(each))) all.push(each);
        found.set(diagnostic.file, all);
      }
    for (const file of this.#shown) if (!found.has(file)) found.set(file, []);
    for (const [file, diagnostics] of found)
      void this.#connection.sendDiagnostics({ uri: uriOf(file), diagnostics });
    this.#shown = new Set([...found].filter(([, all]) => all.length > 0).map(([file]) => file));
  }

  #analysis(file: string): Analysis {
    return new Analysis(readEdited(file, this.#texts));
  }

  #hover({ textDocument: { uri }, position }: TextDocumentPositionParams): Hover | null {
    const file = fileOf(uri);
    const hover = this.#analysis(file).hover(file, position.line + 1, position.character + 1);
    if (hover === undefined) return null;
    const value = ['```seq', hover.code, '```', ...(hover.text === '' ? [] : ['', hover.text])].join('\n');
    return { contents: { kind: 'markdown', value }, range: rangeOf(hover) };
  }

  #definition({ textDocument: { uri }, position }: TextDocumentPositionParams): LspLocation | null {
    const file = fileOf(uri);
    const at = this.#analysis(file).definition(file, position.line + 1, position.character + 1);
    return at === undefined ? null : { uri: uriOf(at.file), range: rangeOf(at) };
  }

  #completion({ textDocument: { uri }, position }: TextDocumentPositionParams): CompletionItem[] {
    const file = fileOf(uri);
    const { column, items } = this.#analysis(file).complete(file, position.line + 1, position.character + 1);
    const range = { start: { line: position.line, character: column - 1 }, end: position };
    return items.map((item) => completionOf(item, range));
  }

  #symbols(file: string): DocumentSymbol[] {
    return this.#analysis(file)
      .outline(file)
      .map((definition) => ({
        name: definition.name,
        detail: definition.text,
        kind: SYMBOL_KINDS[definition.kind],
        range: rangeOf(definition),
        selectionRange: rangeOf(definition),
      }));
  }

  /** Nothing when the text does not parse: its diagnostics are shown anyway. */
  #formatted(file: string): TextEdit[] | null {
    const text = this.#texts.get(file);
    const result = text === undefined ? undefined : formatSource(file, text);
    if (text === undefined || !result?.ok) return null;
    const end = { line: text.split('\n').length, character: 0 };
    return result.text === text
      ? []
      : [{ range: { start: { line: 0, character: 0 }, end }, newText: result.text }];
  }
}

const SYMBOL_KINDS: Readonly<Record<Definition['kind'], SymbolKind>> = {
  word: SymbolKind.Function,
  'union-word': SymbolKind.Function,
  union: SymbolKind.Enum,
  variant: SymbolKind.EnumMember,
  field: SymbolKind.Field,
};

const COMPLETION_KINDS: Readonly<Record<Completion['kind'], CompletionItemKind>> = {
  word: CompletionItemKind.Function,
  builtin: CompletionItemKind.Function,
  union: CompletionItemKind.Enum,
  type: CompletionItemKind.Class,
  module: CompletionItemKind.Module,
};

function completionOf({ name, kind, detail, needs, sentence }: Completion, range: Range): CompletionItem {
  const notes = [
    ...(sentence === undefined ? [] : [sentence]),
    ...(needs === undefined ? [] : [`Needs include ${needs}.`]),
  ];
  return {
    label: name,
    kind: COMPLETION_KINDS[kind],
    detail,
    textEdit: { range, newText: name },
    ...(notes.length === 0 ? {} : { documentation: notes.join(' ') }),
  };
}

const SEVERITIES: Readonly<Record<Diagnostic['severity'], DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  hint: DiagnosticSeverity.Hint,
};

function diagnosticOf(diagnostic: Diagnostic): LspDiagnostic {
  const { code, severity, message, hint } = diagnostic;
  return {
    range: rangeOf(diagnostic),
    severity: SEVERITIES[severity],
    code,
    source: 'seq',
    message: `${message}\n${hint}`,
  };
}

/** Ours count from 1, those of the protocol from 0; both count UTF-16 units. */
function rangeOf({ line, column, endColumn }: { line: number; column: number; endColumn: number }): Range {
  return {
    start: { line: line - 1, character: column - 1 },
    end: { line: line - 1, character: endColumn - 1 },
  };
}

/** A document that is no file, such as a new one, goes by its URI. */
function fileOf(uri: string): string {
  return uri.startsWith('file:') ? fileURLToPath(uri) : uri;
}

function uriOf(file: string): string {
  return file.startsWith('/') || /^[A-Za-z]:[\\/]/.test(file) ? pathToFileURL(file).href : file;
}
