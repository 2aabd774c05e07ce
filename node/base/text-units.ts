// The UTF-16 units of a text, for loops that meet texts in all of the engine's representations. There the
// look-up of a method on the text is slower than what the method does; this one needs none.
const { charCodeAt, indexOf } = String.prototype;

/** The unit at `at`, which must be within the text. */
export const codeUnitAt = (text: string, at: number): number => charCodeAt.call(text, at);

/** Where `part` begins at or behind `from`; -1 if it does not. */
export const findIn = (text: string, part: string, from: number): number => indexOf.call(text, part, from);
