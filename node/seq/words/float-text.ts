// Floats as text, as the reference prints and reads them.

/**
 * The shortest decimal that reads back as `n`, never with an exponent: "3.5", "42", "0.0000001", "inf",
 * "-inf", "NaN".
 */
export function floatText(n: number): string {
  if (Number.isNaN(n)) return 'NaN';
  if (!Number.isFinite(n)) return n > 0 ? 'inf' : '-inf';
  const sign = n < 0 || Object.is(n, -0) ? '-' : '';
  const [digits = '', exponent] = String(Math.abs(n)).split('e');
  if (exponent === undefined) return sign + digits;
  const [whole = '', fraction = ''] = digits.split('.');
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${'0'.repeat(-shift - 1)}${whole}${fraction}`;
  return sign + whole + fraction.padEnd(shift, '0');
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i;

/** Whether a decimal is so large or small that the nearest Float is infinite, or 0. */
export const beyondFloats = (decimal: string): boolean => {
  const n = Number(decimal);
  return !Number.isFinite(n) || (n === 0 && /[1-9]/.test(decimal.replace(/e.*/i, '')));
};

/**
 * The Float nearest to the decimal `text`; undefined for one beyond all Floats. White space is not skipped.
 */
export function parseFloatText(text: string): number | undefined {
  if (DECIMAL.test(text)) return beyondFloats(text) ? undefined : Number(text);
  const special = SPECIAL.exec(text);
  if (special === null) return undefined;
  if (special[2]!.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
