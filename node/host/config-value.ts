// One value of the configuration: from TOML, an environment variable or a flag to its checked form, and back
// to text.
import { type Address, formatAddress, parseAddress } from '../base/address.ts';
import { isMemberName, MEMBER_NAME } from '../base/member-name.ts';
import type { Option } from './config-schema.ts';

export type ConfigValue = string | boolean | number | Address | readonly Address[];

/** The checked value, or what was expected in words. */
export type Parsed = { readonly value: ConfigValue } | { readonly expected: string };

/** What a value must be, for error messages and for the table in docs/OPERATIONS.md. */
export function describeOption(option: Option): string {
  switch (option.type) {
    case 'text':
      return 'printable text';
    case 'name':
      return MEMBER_NAME;
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `an integer from ${option.min} to ${option.max}`;
    case 'address':
      return 'an address HOST:PORT';
    case 'addresses':
      return 'a list of addresses HOST:PORT';
    case 'choice':
      return option.values.map((value) => `"${value}"`).join(' or ');
  }
}

/** Checks a value that TOML gave. */
export function checkValue(option: Option, raw: unknown): Parsed {
  const expected = describeOption(option);
  switch (option.type) {
    case 'text':
      return typeof raw === 'string' && !/[\x00-\x1f\x7f]/.test(raw) ? { value: raw } : { expected };
    case 'name':
      return typeof raw === 'string' && (raw === '' || isMemberName(raw)) ? { value: raw } : { expected };
    case 'boolean':
      return typeof raw === 'boolean' ? { value: raw } : { expected };
    case 'integer': {
      const inRange =
        typeof raw === 'number' && Number.isSafeInteger(raw) && raw >= option.min && raw <= option.max;
      return inRange ? { value: raw } : { expected };
    }
    case 'address': {
      const address = typeof raw === 'string' ? parseAddress(raw) : undefined;
      return address ? { value: address } : { expected };
    }
    case 'addresses': {
      if (!Array.isArray(raw)) return { expected };
      const addresses = raw.map((item) => (typeof item === 'string' ? parseAddress(item) : undefined));
      return addresses.every((address) => address !== undefined) ? { value: addresses } : { expected };
    }
    case 'choice':
      return typeof raw === 'string' && option.values.includes(raw) ? { value: raw } : { expected };
  }
}

/**
 * Checks the text of an environment variable or a flag. A list is separated by commas; empty text is an empty
 * list.
 */
export function checkText(option: Option, text: string): Parsed {
  switch (option.type) {
    case 'boolean':
      return checkValue(option, text === 'true' ? true : text === 'false' ? false : text);
    case 'integer':
      return checkValue(option, /^-?\d{1,16}$/.test(text) ? Number(text) : text);
    case 'addresses':
      return checkValue(option, text.trim() === '' ? [] : text.split(',').map((part) => part.trim()));
    default:
      return checkValue(option, text);
  }
}

/** The value as TOML. */
export function formatValue(value: ConfigValue): string {
  if (typeof value === 'string') return tomlString(value);
  if (typeof value !== 'object') return String(value);
  if ('host' in value) return tomlString(formatAddress(value));
  return `[${value.map((address) => tomlString(formatAddress(address))).join(', ')}]`;
}

/** A TOML basic string; its escapes are those of JSON. */
function tomlString(text: string): string {
  return JSON.stringify(text);
}
