// Words that fail in the place where they will run: those of actors in a script, which has none, and those
// that reach outside of the program in a turn, which must give the same when it is repeated.
import { BUILTINS } from '../builtins/index.ts';
import { BEHAVIOUR } from '../builtins/table.ts';
import type { Word } from '../check/ir.ts';
import { typeOf, unstack } from '../check/types.ts';
import { isBehaviourEffect } from '../run/behaviour.ts';
import type { Node, WordDefinition } from '../syntax/ast.ts';
import { bodiesOf } from './patterns.ts';
import type { LintReport } from './report.ts';

type Name = Node & { kind: 'name' };

/** The names in a body that it runs itself, and those in quotations that become behaviours. */
interface Names {
  readonly own: readonly Name[];
  readonly turns: readonly Name[];
}

function namesOf(body: readonly Node[]): Names {
  const turns = new Set<Name>();
  const all: Name[] = [];
  for (const nodes of bodiesOf(body))
    nodes.forEach((node, at) => {
      if (node.kind === 'name') all.push(node);
      const next = nodes[at + 1];
      if (node.kind !== 'quotation' || next?.kind !== 'name' || !takesBehaviour(next.name)) return;
      for (const inner of bodiesOf(node.body))
        for (const each of inner) if (each.kind === 'name') turns.add(each);
    });
  return { own: all.filter((name) => !turns.has(name)), turns: [...turns] };
}

const takesBehaviour = (name: string): boolean => BUILTINS.get(name)?.effect.includes(BEHAVIOUR) === true;

export function lintPlaces(
  definitions: readonly WordDefinition[],
  words: ReadonlyMap<string, Word>,
  report: LintReport,
): void {
  const names = new Map(definitions.map((word) => [word.name, namesOf(word.body)]));
  const scripts = definitions.filter(({ name }) => name === 'main' || name.startsWith('test-'));
  const reached = reachable(
    scripts.map(({ name }) => name),
    names,
  );
  const named = [...names.values()].flatMap(({ turns }) => turns.map(({ name }) => name));
  const shaped = definitions.filter(({ name }) => isBehaviour(words.get(name)) && !reached.has(name));
  const inTurns = reachable([...named, ...shaped.map(({ name }) => name)], names);
  for (const word of definitions) {
    const { own, turns } = names.get(word.name)!;
    if (reached.has(word.name)) reportAll(word, own, 'turn', names, report);
    if (inTurns.has(word.name)) reportAll(word, own, 'script', names, report);
    reportAll(word, turns, 'script', names, report);
  }
}

function reportAll(
  word: WordDefinition,
  names: readonly Name[],
  only: 'turn' | 'script',
  defined: { has(name: string): boolean },
  report: LintReport,
): void {
  for (const { name, at } of names) {
    if (defined.has(name) || BUILTINS.get(name)?.only !== only) continue;
    if (only === 'turn')
      report.add(
        word,
        'turn-word-in-script',
        at,
        `${name} fails here: ${word.name} runs in a script, which has no actors.`,
      );
    else
      report.add(
        word,
        'script-word-in-turn',
        at,
        `${name} fails here: ${word.name} runs in turns of an actor, which reach nothing outside.`,
      );
  }
}

/** Looks meant as a behaviour: a map and a union or variant in, a map out. */
function isBehaviour(word: Word | undefined): boolean {
  if (word === undefined || !isBehaviourEffect(word.inputs, word.outputs)) return false;
  const message = typeOf(unstack(word.inputs).types[1]!);
  return message.kind === 'union' || (message.kind === 'con' && message.name === 'Variant');
}

/** The words that those of `roots` run, themselves included. */
function reachable(roots: readonly string[], names: ReadonlyMap<string, Names>): Set<string> {
  const reached = new Set<string>();
  const pending = [...roots];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name) || !names.has(name)) continue;
    reached.add(name);
    for (const each of names.get(name)!.own) pending.push(each.name);
  }
  return reached;
}
