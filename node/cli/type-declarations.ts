// What actors take and answer, as TypeScript for @seq-node/client.
import type { AnswerType, BehaviourInfo, ProgramInterface, UnionInfo } from '../seq/index.ts';

/** Of the language; what is not here is a union of the program, or nothing that can be sent. */
const TYPES: Readonly<Record<string, string>> = {
  Int: 'Int',
  Float: 'number',
  Bool: 'boolean',
  String: 'string',
  Symbol: '{ readonly $sym: string }',
  List: 'readonly Value[]',
  Map: 'Value',
  Variant: 'Value',
};

export interface Described {
  /** Where it is from, for the remark above it. */
  readonly source: string;
  readonly program: ProgramInterface;
}

/**
 * A module of TypeScript: a type for each union and for each behaviour, named after its word. Unions of two
 * programs that are the same are one; where two names collide, the later gets a number.
 */
export function declarationsOf(described: readonly Described[]): string {
  const names = new Names();
  const blocks = described.flatMap(({ source, program }) => {
    const named = new Map(program.unions.map((union) => [union.name, names.ofUnion(union)]));
    const typeOf = (type: string): string => named.get(type)?.name ?? TYPES[type] ?? 'never';
    const unions = program.unions.flatMap((union) => {
      const { name, isNew } = named.get(union.name)!;
      return isNew ? [unionText(name, union, typeOf)] : [];
    });
    const behaviours = program.behaviours.map((behaviour) =>
      behaviourText(names.fresh(pascal(behaviour.word)), behaviour, program.unions, typeOf),
    );
    return [`// From ${source}.`, ...unions, ...behaviours];
  });
  const used = ['Int', 'Value'].filter((name) =>
    blocks.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
  );
  const imports = used.length === 0 ? [] : [`import type { ${used.join(', ')} } from '@seq-node/client';`];
  return `${['// Written by seq-node types.', ...imports, '', blocks.join('\n\n')].join('\n')}\n`;
}

class Names {
  readonly #taken = new Set(['Int', 'Value']);
  readonly #unions = new Map<string, string>();

  ofUnion(union: UnionInfo): { readonly name: string; readonly isNew: boolean } {
    const text = JSON.stringify(union);
    const known = this.#unions.get(text);
    if (known !== undefined) return { name: known, isNew: false };
    const name = this.fresh(pascal(union.name));
    this.#unions.set(text, name);
    return { name, isNew: true };
  }

  fresh(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}${number}`;
    this.#taken.add(name);
    return name;
  }
}

function unionText(name: string, { variants }: UnionInfo, typeOf: (type: string) => string): string {
  const lines = variants.map(({ tag, fields }) => `  | { ${key(tag)}: ${fieldsText(fields, typeOf)} }`);
  return `export type ${name} =\n${lines.join('\n')};`;
}

function behaviourText(
  name: string,
  { messages }: BehaviourInfo,
  unions: readonly UnionInfo[],
  typeOf: (type: string) => string,
): string {
  if (messages === undefined) return `// ${name} takes any message: client.actor('/its/path').`;
  const lines = messages.map(({ tag, fields, answers }) => {
    const reply = replyText(answers, unions, typeOf);
    return `  ${key(tag)}: { fields: ${fieldsText(fields, typeOf)}; reply: ${reply} };`;
  });
  return `export type ${name} = {\n${lines.join('\n')}\n};`;
}

function replyText(
  answers: readonly AnswerType[],
  unions: readonly UnionInfo[],
  typeOf: (type: string) => string,
): string {
  const whole = (type: string): boolean =>
    unions
      .find(({ name }) => name === type)
      ?.variants.every(({ tag }) => answers.some((each) => each.type === type && each.tag === tag)) ?? false;
  const replies = answers.map(({ type, tag }) =>
    tag === undefined || whole(type) ? typeOf(type) : `Extract<${typeOf(type)}, { ${key(tag)}: unknown }>`,
  );
  return replies.length === 0 ? 'never' : [...new Set(replies)].join(' | ');
}

function fieldsText(
  fields: readonly { readonly name: string; readonly type: string }[],
  typeOf: (type: string) => string,
): string {
  if (fields.length === 0) return '{}';
  return `{ ${fields.map(({ name, type }) => `${key(name)}: ${typeOf(type)}`).join('; ')} }`;
}

/** A name of Seq may hold what one of TypeScript may not. */
const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** `chat-room` as `ChatRoom`. */
function pascal(word: string): string {
  const name = word
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
  return /^[A-Za-z]/.test(name) ? name : `Actor${name}`;
}
