import type { Diagnostic } from '../api.ts';
import type { WordDefinition } from '../syntax/ast.ts';
import { diagnosticAt, type Span } from '../syntax/diagnostic.ts';
import { RULES, type Rule } from './rules.ts';

const BY_ID: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.id, rule]));

const placeOf = (at: Span): string => `${at.line}:${at.column} ${at.source.file}`;

/** Collects what lints find, without what the words allow. */
export class LintReport {
  readonly #found: Diagnostic[] = [];
  /** The rules that were reported for a place. */
  readonly #at = new Map<string, Set<string>>();

  /** `message` is for rules whose row has none. One rule is reported once for a place. */
  add(word: WordDefinition, id: string, at: Span, message?: string): void {
    const place = placeOf(at);
    const rules = this.#at.get(place) ?? new Set();
    this.#at.set(place, rules);
    if (rules.has(id)) return;
    rules.add(id);
    if (word.allowed.includes(id)) return;
    const rule = BY_ID.get(id)!;
    this.#found.push(diagnosticAt(at, id, message ?? rule.message!, rule.hint, rule.severity));
  }

  /**
   * Whether a rule whose id begins with `prefix` was reported for the place, or would have been but for the
   * word.
   */
  has(prefix: string, at: Span): boolean {
    for (const id of this.#at.get(placeOf(at)) ?? []) if (id.startsWith(prefix)) return true;
    return false;
  }

  /** By file, line and column. */
  diagnostics(): readonly Diagnostic[] {
    const order = (a: Diagnostic, b: Diagnostic) => a.line - b.line || a.column - b.column;
    return this.#found.sort((a, b) => (a.file === b.file ? order(a, b) : a.file < b.file ? -1 : 1));
  }
}
