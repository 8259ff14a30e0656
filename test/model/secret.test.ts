/** Copies of the admin token in other variables, which no other program gets. */
import { expect, it } from 'vitest';
import { withoutTokens } from '../../src/model/secret.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.sVT2B1Soj5_kKDPJ3MtnUdZuG2J06b_fowyrSeDaxbo';
const BYTES = [...Buffer.from(TOKEN)].map((byte) => byte.toString(16));

it.each([
  ['as it is', `Bearer ${TOKEN}`],
  ['in base64', Buffer.from(`user:${TOKEN}`).toString('base64')],
  ['in hexadecimal', BYTES.join('')],
  ['in upper-case hexadecimal', BYTES.join('').toUpperCase()],
  ['in hexadecimal with colons', `key=${BYTES.join(':')}`],
  ['in hexadecimal with spaces', BYTES.join(' ')],
  ['in hexadecimal bytes', BYTES.map((byte) => `0x${byte}`).join(', ')],
  ['in percent-encoding', BYTES.map((byte) => `%${byte.toUpperCase()}`).join('')],
  ['in percent-encoding of some characters', TOKEN.replace(/[._]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)],
  ['in escapes of JSON', JSON.stringify(BYTES.map((byte) => `\\u00${byte}`).join('')).replaceAll('\\\\', '\\')],
])('%s are left out', (_, value) => {
  const env = { MOTHERDUCK_ADMIN_TOKEN: TOKEN, COPY: value, OTHER: 'deadbeef:0123456789abcdef %65%79' };
  expect(Object.keys(withoutTokens(env))).toEqual(['OTHER']);
});
