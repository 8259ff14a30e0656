import type { TokenAddress } from '../../../model/secret-variable.ts';

/** What is wrong with a file of the json format, without a word of what stands in it. */
export class NotASecretsFile extends Error {}

/**
 * The text of a json secrets file, `{"<account>": {"<token>": "<secret>"}}`, with one secret set. The order and what else
 * is there stay; the layout becomes two spaces.
 *
 * @throws NotASecretsFile
 */
export function setSecret(text: string, { account, token }: TokenAddress, value: string): string {
  const file = parseSecrets(text);
  const tokens = (Object.hasOwn(file, account) ? file[account] : undefined) ?? {};
  if (!isObject(tokens)) throw new NotASecretsFile(`the value of "${account}" is not an object`);
  return `${JSON.stringify(withMember(file, account, withMember(tokens, token, value)), null, 2)}\n`;
}

/** The secret that the text has for a token, if any. @throws NotASecretsFile */
export function secretIn(text: string, { account, token }: TokenAddress): string | undefined {
  const file = parseSecrets(text);
  const tokens = Object.hasOwn(file, account) ? file[account] : undefined;
  const value = isObject(tokens) && Object.hasOwn(tokens, token) ? tokens[token] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** The object that a file holds; an empty one for an empty file. @throws NotASecretsFile */
export function parseSecrets(text: string): Readonly<Record<string, unknown>> {
  const content = text.replace(/^\uFEFF/, '');
  if (content.trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    // The parser's own message quotes the text around the mistake, which is likely to be a secret.
    throw new NotASecretsFile('it is not JSON');
  }
  if (!isObject(parsed)) throw new NotASecretsFile('it is JSON, but not an object');
  return parsed;
}

/** A copy with one member set, in its place when it is there. Names are only names, `__proto__` too. */
function withMember(object: Readonly<Record<string, unknown>>, name: string, value: unknown): Record<string, unknown> {
  const members = new Map(Object.entries(object));
  members.set(name, value);
  return Object.fromEntries(members);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
