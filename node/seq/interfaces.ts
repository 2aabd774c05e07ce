// Finds out what the behaviours of a program take and answer.
import { ANSWERS } from './check/infer.ts';
import { branchesOf, type Op, type Word } from './check/ir.ts';
import type { Checked } from './check/program.ts';
import { type Type, typeOf, unstack } from './check/types.ts';
import type { AnswerType, BehaviourInfo, ProgramInterface, UnionInfo } from './program-interface.ts';
import type { UnionDefinition } from './syntax/ast.ts';

/** `behaviours`: the words that are meant as such. */
export function interfaceOf(checked: Checked, behaviours: readonly string[]): ProgramInterface {
  const answers = new Answers(checked);
  const infos = behaviours.map((name): BehaviourInfo => {
    const word = checked.words.get(name)!;
    const union = unionOf(word, checked.unions);
    const messages = union?.variants.map(({ tag, fields }) => ({
      tag,
      fields: fields.map((field) => ({ name: field.name, type: field.type })),
      answers: answers.of(word, tag),
    }));
    return { word: name, messages };
  });
  const named = infos.flatMap(({ messages = [] }) =>
    messages.flatMap((message) => [
      ...message.fields.map(({ type }) => type),
      ...message.answers.map(({ type }) => type),
    ]),
  );
  return { unions: reached(named, checked.unions), behaviours: infos };
}

/** The unions among `names`, and those that their fields are of, by name. */
function reached(names: readonly string[], unions: ReadonlyMap<string, UnionDefinition>): UnionInfo[] {
  const found = new Map<string, UnionInfo>();
  const pending = [...names];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const union = unions.get(name);
    if (union === undefined || found.has(name)) continue;
    const variants = union.variants.map(({ tag, fields }) => ({
      tag,
      fields: fields.map((field) => ({ name: field.name, type: field.type })),
    }));
    found.set(name, { name, variants });
    pending.push(...variants.flatMap(({ fields }) => fields.map(({ type }) => type)));
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The union of a behaviour's message, its topmost input. */
function unionOf(word: Word, unions: ReadonlyMap<string, UnionDefinition>): UnionDefinition | undefined {
  const top = unstack(word.inputs).types.at(-1);
  const type = top === undefined ? undefined : typeOf(top);
  return type?.kind === 'union' ? unions.get(type.name) : undefined;
}

/**
 * Finds the answers in the code that a message may reach. A `match` on the message that comes first of all
 * tells which code that is; any other is looked at as a whole, because it may be on another value of the same
 * union.
 */
class Answers {
  readonly #checked: Checked;

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  /** What `word` may answer to a message with this tag. */
  of(word: Word, tag: string): readonly AnswerType[] {
    const search: Search = { tag, seen: new Map(), first: new Set(), visited: new Set() };
    this.#look(word.body, search, true);
    return [...search.seen.values()];
  }

  /** `first`: the message is on the top of the stack where the code begins. */
  #look(body: readonly Op[], search: Search, first = false): void {
    body.forEach((op, at) => {
      const isOfMessage = first && at === 0;
      if (op.op === 'builtin' && op.builtin.name === ANSWERS && op.given !== undefined) {
        const answer = answerOf(op.given, body[at - 1]);
        search.seen.set(`${answer.type} ${answer.tag ?? ''}`, answer);
      } else if (op.op === 'word') {
        const visited = isOfMessage ? search.first : search.visited;
        if (visited.has(op.word)) return;
        visited.add(op.word);
        this.#look(op.word.body, search, isOfMessage);
      } else if (op.op === 'quote') this.#look(this.#checked.literals[op.literal.index]!.body, search);
      else if (op.op === 'match') {
        for (const each of op.cases)
          if (!isOfMessage || each.tag === search.tag) this.#look(each.branch.body, search);
      } else for (const { body: branch } of branchesOf(op)) this.#look(branch, search);
    });
  }
}

interface Search {
  readonly tag: string;
  readonly seen: Map<string, AnswerType>;
  /** Words that were looked at with the message on top, and as a whole. */
  readonly first: Set<Word>;
  readonly visited: Set<Word>;
}

/** `before`: what was done just before the answer was given. */
function answerOf(given: Type, before: Op | undefined): AnswerType {
  const type = typeOf(given);
  if (type.kind === 'union')
    return before?.op === 'make' ? { type: type.name, tag: before.tag } : { type: type.name };
  return { type: type.kind === 'con' && type.any !== true ? type.name : 'Variant' };
}
