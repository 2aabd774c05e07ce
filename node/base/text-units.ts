// The UTF-16 units of a text, for loops that meet texts in all of the engine's representations. There the
// look-up of a method on the text is slower than what the method does; this one needs none.
const charCodeAt = String.prototype.charCodeAt;

/** The unit at `at`, which must be within the text. */
export const codeUnitAt = (text: string, at: number): number => charCodeAt.call(text, at);
