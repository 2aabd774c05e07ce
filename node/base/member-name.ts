// The names of members: what a person types after `members remove`, and what stands in tables, metrics and
// logs.

const NAME_LENGTH_MAX = 128;
const NAME = new RegExp(`^[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,${NAME_LENGTH_MAX - 1}}$`, 'u');

/** In words, for messages. */
export const MEMBER_NAME = `a name of 1 to ${NAME_LENGTH_MAX} letters, digits, dots, dashes and underscores, the first a letter or digit`;

export function isMemberName(text: string): boolean {
  return NAME.test(text);
}

/** One sentence. */
export function nameRefusal(name: string): string {
  const shown = name.length > NAME_LENGTH_MAX ? `one of ${name.length} characters` : JSON.stringify(name);
  return `The name of a node must be ${MEMBER_NAME}, not ${shown}.`;
}
