// The form of a message, made from what the actor's module declares, and the JSON of what was filled in.

/** @import { Field, Json, MessageForm, ModuleView, Union } from './api-types.d.ts' */

/**
 * What a field is filled in with: a text, or the choice of a variant with its fields.
 * @typedef {string | Chosen} Filled
 * @typedef {{ tag: string, fields: Filled[] }} Chosen
 */

/** What is wrong with a field. */
export class FieldError extends Error {
  /**
   * @param {string} field
   * @param {string} message
   */
  constructor(field, message) {
    super(`${field} ${message}`);
    this.field = field;
  }
}

/**
 * How a field is asked for.
 * @param {string} type
 * @param {readonly Union[]} unions
 * @returns {'union' | 'truth' | 'text' | 'line' | 'json'}
 */
export function inputOf(type, unions) {
  if (unions.some(({ name }) => name === type)) return 'union';
  if (type === 'Bool') return 'truth';
  if (type === 'String') return 'text';
  return type === 'Int' || type === 'Float' || type === 'Symbol' ? 'line' : 'json';
}

/**
 * What stands in an empty form.
 * @param {readonly Field[]} fields
 * @param {readonly Union[]} unions
 * @param {number} [depth]
 * @returns {Filled[]}
 */
export function emptyFields(fields, unions, depth = 0) {
  return fields.map(({ type }) => {
    const union = unions.find(({ name }) => name === type);
    const first = union?.variants[0];
    // A union may hold itself.
    if (first === undefined || depth > 8) return type === 'Bool' ? 'false' : '';
    return { tag: first.tag, fields: emptyFields(first.fields, unions, depth + 1) };
  });
}

/**
 * The message as the API takes it. Throws FieldError.
 * @param {string} tag
 * @param {readonly Field[]} fields
 * @param {readonly Filled[]} filled
 * @param {readonly Union[]} unions
 * @returns {Json}
 */
export function messageJson(tag, fields, filled, unions) {
  const values = fields.map(({ name, type }, at) => valueJson(name, type, filled[at] ?? '', unions));
  return tag.startsWith('$') ? { $variant: [tag, ...values] } : { [tag]: values };
}

/**
 * @param {string} name
 * @param {string} type
 * @param {Filled} filled
 * @param {readonly Union[]} unions
 * @returns {Json}
 */
function valueJson(name, type, filled, unions) {
  if (typeof filled !== 'string') {
    const union = unions.find((each) => each.name === type);
    const variant = union?.variants.find(({ tag }) => tag === filled.tag);
    return messageJson(filled.tag, variant?.fields ?? [], filled.fields, unions);
  }
  const text = filled.trim();
  switch (type) {
    case 'String':
      return filled;
    case 'Bool':
      return text === 'true';
    case 'Symbol':
      if (text.replace(/^:/, '') === '') throw new FieldError(name, 'is a name, such as :ready.');
      return { $sym: text.replace(/^:/, '') };
    case 'Int':
      if (!/^[+-]?\d{1,19}$/.test(text)) throw new FieldError(name, 'is a whole number, such as 42.');
      return intJson(text);
    case 'Float':
      return floatJson(name, text);
    default:
      return jsonOf(name, text);
  }
}

/**
 * @param {string} text
 * @returns {Json}
 */
function intJson(text) {
  const wide = BigInt(text.replace(/^\+/, ''));
  const narrow = Number(wide);
  return Number.isSafeInteger(narrow) ? narrow : { $int: String(wide) };
}

/**
 * @param {string} name
 * @param {string} text
 * @returns {Json}
 */
function floatJson(name, text) {
  const value = text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new FieldError(name, 'is a number, such as 2.5.');
  return Number.isInteger(value) ? { $float: value } : value;
}

/**
 * @param {string} name
 * @param {string} text
 * @returns {Json}
 */
function jsonOf(name, text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new FieldError(name, 'is JSON, such as [1, 2] or {"key": "value"}.');
  }
}

/**
 * The messages that the actor's behaviour declares; undefined where it takes any variant, or is not known.
 * @param {ModuleView | undefined} module
 * @param {string} word
 * @returns {readonly MessageForm[] | undefined}
 */
export const messagesOf = (module, word) =>
  module?.behaviours.find((behaviour) => behaviour.word === word)?.messages;

/**
 * A message that was typed: notation, or JSON of an object or a list.
 * @param {string} text
 * @returns {Json}
 */
export function typedMessage(text) {
  const trimmed = text.trim();
  if (trimmed === '') throw new FieldError('message', 'is empty.');
  if (!/^[{[]/.test(trimmed)) return trimmed;
  try {
    return JSON.parse(trimmed);
  } catch {
    // Lists and maps of the notation begin likewise.
    return trimmed;
  }
}
