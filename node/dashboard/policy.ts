// What a browser lets the pages of the dashboard do: run what this node serves, and talk to it; nothing else.

const CONTENT = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
];

/** Name, value, name, value, … */
export const POLICY_HEADERS: readonly string[] = [
  'content-security-policy',
  CONTENT.join('; '),
  'x-content-type-options',
  'nosniff',
  'referrer-policy',
  'no-referrer',
  'cross-origin-resource-policy',
  'same-origin',
];
