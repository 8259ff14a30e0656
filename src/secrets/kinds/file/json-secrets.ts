import type { TokenAddress } from '../../../model/secret-variable.ts';
import { NotASecretsFile, type SecretsText } from './secrets-text.ts';

/**
 * A json secrets file, `{"<account>": {"<token>": "<secret>"}}`. The order and what else is there stay; the layout becomes
 * two spaces.
 */
export class JsonText implements SecretsText {
  /** Names are only names, `__proto__` too. */
  readonly #accounts: Map<string, unknown>;

  /** @throws NotASecretsFile */
  constructor(text: string) {
    this.#accounts = new Map(Object.entries(parseSecrets(text)));
  }

  held({ account, token }: TokenAddress): string[] {
    const tokens = this.#accounts.get(account);
    const value = isObject(tokens) && Object.hasOwn(tokens, token) ? tokens[token] : undefined;
    return typeof value === 'string' ? [value] : [];
  }

  /** @throws NotASecretsFile */
  set({ account, token }: TokenAddress, value: string): void {
    const tokens = this.#accounts.get(account) ?? {};
    if (!isObject(tokens)) throw new NotASecretsFile(`the value of "${account}" is not an object`);
    this.#accounts.set(account, Object.fromEntries(new Map(Object.entries(tokens)).set(token, value)));
  }

  text(): string {
    return `${JSON.stringify(Object.fromEntries(this.#accounts), null, 2)}\n`;
  }
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
