// The language server protocol, version 3.17: what an editor sends becomes questions to node/seq/tooling, and
// back.
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
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
  type ReferenceParams,
  type SignatureHelp,
  SymbolKind,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  type TextEdit,
} from 'vscode-languageserver/node';
import { formatSource } from '../seq/format/format.ts';
import type { Diagnostic } from '../seq/index.ts';
import { Analysis, type Completion } from '../seq/tooling/analysis.ts';
import type { Definition } from '../seq/tooling/definitions.ts';
import { IncrementalCheck } from '../seq/tooling/incremental.ts';
import {
  actionsFor,
  MIGRATE,
  migration,
  referencesIn,
  renameable,
  renamed,
} from './language-server-edits.ts';
import { fileOf, placeOf, rangeOf, uriOf } from './lsp-places.ts';
import { readEdited } from './source-files.ts';

/** A check waits this long for the next key; */
const PAUSE_MS = 10;
/** this long where the last key could not be checked by itself, as one between definitions. */
const LONG_PAUSE_MS = 100;
/** And once no key has come for so long, the whole program is checked. */
const SETTLE_MS = 700;

const CAPABILITIES: InitializeResult['capabilities'] = {
  positionEncoding: 'utf-16',
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Full, save: true },
  hoverProvider: true,
  completionProvider: { triggerCharacters: ['.', '-', ':', '>'] },
  definitionProvider: true,
  documentSymbolProvider: true,
  documentFormattingProvider: true,
  referencesProvider: true,
  renameProvider: { prepareProvider: true },
  codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, MIGRATE], resolveProvider: true },
  signatureHelpProvider: { triggerCharacters: [' '] },
};

export class LanguageServer {
  readonly #connection: Connection;
  /** The open documents: their texts by the name of their file. */
  readonly #texts = new Map<string, string>();
  /** Files of which the editor shows diagnostics. */
  #shown = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #pauseMs = PAUSE_MS;
  #wholeNext = false;
  readonly #checks = new Map<string, IncrementalCheck>();
  /** The newest diagnostics of each file. */
  #found = new Map<string, (readonly [Diagnostic, LspDiagnostic])[]>();

  /** Answers until the connection ends. */
  constructor(connection: Connection, version: string) {
    this.#connection = connection;
    connection.onInitialize(() => ({
      capabilities: CAPABILITIES,
      serverInfo: { name: 'seq-node', version },
    }));
    connection.onDidOpenTextDocument(({ textDocument: { uri, text } }) => this.#changed(uri, text, true));
    connection.onDidChangeTextDocument(({ textDocument: { uri }, contentChanges }) =>
      this.#changed(uri, contentChanges.at(-1)?.text),
    );
    connection.onDidSaveTextDocument(() => this.#checkSoon(true));
    connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
      this.#texts.delete(fileOf(uri));
      this.#checks.delete(fileOf(uri));
      this.#checkSoon(true);
    });
    connection.onHover((at) => this.#hover(at));
    connection.onDefinition((at) => this.#definition(at));
    connection.onCompletion((at) => this.#completion(at));
    connection.onDocumentSymbol(({ textDocument: { uri } }) => this.#symbols(fileOf(uri)));
    connection.onDocumentFormatting(({ textDocument: { uri } }) => this.#formatted(fileOf(uri)));
    this.#listenToEdits(connection);
    connection.listen();
  }

  #listenToEdits(connection: Connection): void {
    connection.onReferences(({ textDocument: { uri }, position, context }: ReferenceParams) =>
      referencesIn(this.#analyses(), fileOf(uri), placeOf(position), context.includeDeclaration),
    );
    connection.onPrepareRename(({ textDocument: { uri }, position }) =>
      renameable(this.#analyses(), fileOf(uri), placeOf(position)),
    );
    connection.onRenameRequest(({ textDocument: { uri }, position, newName }) =>
      renamed(this.#analyses(), fileOf(uri), placeOf(position), newName),
    );
    connection.onCodeAction(({ textDocument: { uri }, range }: CodeActionParams) => {
      clearTimeout(this.#timer);
      this.#check();
      return actionsFor(uri, range, this.#found.get(fileOf(uri)) ?? []);
    });
    connection.onCodeActionResolve((action): CodeAction => {
      if (action.kind !== MIGRATE) return action;
      const { uri } = action.data as { readonly uri: string };
      return { ...action, edit: migration(uri, fileOf(uri), this.#texts) };
    });
    connection.onSignatureHelp((at) => this.#signature(at));
  }

  /** Of every program whose first file is open. */
  #analyses(): readonly Analysis[] {
    return [...this.#texts.keys()].map((file) => this.#analysis(file));
  }

  #changed(uri: string, text: string | undefined, whole = false): void {
    if (text !== undefined) this.#texts.set(fileOf(uri), text);
    this.#checkSoon(whole);
  }

  /** `whole`: a file may have come, gone or changed on disk. */
  #checkSoon(whole: boolean): void {
    this.#wholeNext ||= whole;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), this.#pauseMs);
  }

  /**
   * Checks every open document, because each may include another; only what was edited, unless `whole`. What
   * an included file lacks is shown in that file.
   */
  #check(settle = false): void {
    clearTimeout(this.#settling);
    const whole = settle || this.#wholeNext;
    this.#wholeNext = false;
    this.#pauseMs = PAUSE_MS;
    const found = new Map<string, (readonly [Diagnostic, LspDiagnostic])[]>();
    const known = new Set<string>();
    for (const file of this.#texts.keys()) found.set(file, []);
    for (const file of this.#texts.keys())
      for (const diagnostic of this.#checked(file, whole)) {
        // An open file is checked as a program of its own.
        if (diagnostic.file !== file && this.#texts.has(diagnostic.file)) continue;
        const each = diagnosticOf(diagnostic);
        const key = JSON.stringify([diagnostic.file, each]);
        if (known.has(key)) continue;
        known.add(key);
        const all = found.get(diagnostic.file) ?? [];
        all.push([diagnostic, each]);
        found.set(diagnostic.file, all);
      }
    for (const file of this.#shown) if (!found.has(file)) found.set(file, []);
    for (const [file, all] of found)
      void this.#connection.sendDiagnostics({ uri: uriOf(file), diagnostics: all.map(([, each]) => each) });
    this.#shown = new Set([...found].filter(([, all]) => all.length > 0).map(([file]) => file));
    this.#found = found;
    if (!whole) this.#settling = setTimeout(() => this.#check(true), SETTLE_MS);
  }

  #checked(file: string, whole: boolean): readonly Diagnostic[] {
    const check = this.#checks.get(file) ?? new IncrementalCheck();
    this.#checks.set(file, check);
    const quick = whole ? undefined : check.quick(this.#texts);
    if (quick !== undefined) return quick;
    if (!whole) this.#pauseMs = LONG_PAUSE_MS;
    return check.full(readEdited(file, this.#texts));
  }

  #analysis(file: string): Analysis {
    return new Analysis(readEdited(file, this.#texts), this.#checks.get(file)?.line);
  }

  #hover({ textDocument: { uri }, position }: TextDocumentPositionParams): Hover | null {
    const file = fileOf(uri);
    const hover = this.#analysis(file).hover(file, position.line + 1, position.character + 1);
    if (hover === undefined) return null;
    const value = ['```seq', hover.code, '```', ...(hover.text === '' ? [] : ['', hover.text])].join('\n');
    return { contents: { kind: 'markdown', value }, range: rangeOf(hover) };
  }

  /** The effect of the word before the cursor, with what it takes as parameters. */
  #signature({ textDocument: { uri }, position }: TextDocumentPositionParams): SignatureHelp | null {
    const file = fileOf(uri);
    const found = this.#analysis(file).signature(file, ...placeOf(position));
    if (found === undefined) return null;
    const { code, text } = found;
    return {
      signatures: [{ label: code, ...(text === '' ? {} : { documentation: text }), parameters: [] }],
      activeSignature: 0,
    };
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
