import { inspect } from 'node:util';

/**
 * A token's secret on its way from MotherDuck to a store. Printing, logging, serializing or concatenating it gives
 * `[secret]`; only `reveal` returns the text, so a search for `.reveal(` finds every use.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text of the secret. Call it only to pass the secret to a store or a connection, and keep no copy. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.toPrimitive](): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/**
 * Whether an environment variable contains a MotherDuck token, by its name: the admin token, the usual names, and those of
 * a secrets file. Ignores case, as Windows does.
 */
export function isSecretVariable(name: string): boolean {
  return /^MOTHERDUCK_(.*_)?TOKEN(_|$)/i.test(name);
}

/** The tokens in an environment, by the names of its variables. */
function secretValues(env: NodeJS.ProcessEnv): string[] {
  const values = Object.entries(env).filter(([name]) => isSecretVariable(name));
  return values.map(([, value]) => value?.trim() ?? '').filter((value) => value.length >= 8);
}

/** The forms in which a text can occur within another one: as it is, in base64, in hexadecimal and in a URL. */
export function encodingsOf(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  // PowerShell takes commands in base64 of UTF-16.
  const base64 = [bytes, Buffer.from(text, 'utf16le')].flatMap(alignments);
  const url = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [text, ...base64, ...url, bytes.toString('hex'), encodeURIComponent(text)];
}

/** Bytes in base64, which has one of three alignments inside a longer text: without the characters that depend on what is before. */
function alignments(bytes: Buffer): string[] {
  const shifted = [1, 2].map((by) =>
    Buffer.concat([Buffer.alloc(by), bytes])
      .toString('base64')
      .slice(by + 1),
  );
  return [bytes.toString('base64'), ...shifted].map((form) => form.replace(/=+$/, ''));
}

/**
 * Makes a test of whether a text has a token of an environment in it, also encoded once, in lines as `base64` writes them, in
 * hexadecimal as other programs write it (`65:79`), and with any of its characters escaped.
 */
export function tokenFinder(env: NodeJS.ProcessEnv): (text: string) => boolean {
  const secrets = secretValues(env);
  // The last character of base64 depends on what follows it.
  const forms = secrets.flatMap((secret) => encodingsOf(secret).map((form) => form.slice(0, -1)));
  const inHex = secrets.map((secret) => Buffer.from(secret, 'utf8').toString('hex'));
  const hasForm = (text: string) => forms.some((form) => text.includes(form));
  const hasHex = (text: string) => inHex.some((hex) => text.includes(hex));
  return (text) =>
    hasForm(text) ||
    hasForm(text.replace(/\s|\\[rn]/g, '')) ||
    hasForm(
      text.replace(/(?:%|\\u00|\\x)([\da-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16))),
    ) ||
    hasHex(text.toLowerCase().replace(/0x|[^\da-f]/g, ''));
}

/** The names of a token, from which stores form its secret path. */
export interface TokenAddress {
  /** The account as spelled in the configuration. */
  readonly account: string;
  /** The token's key in the configuration. */
  readonly token: string;
}

/** The default template of a token's dotenv variable. */
export const DEFAULT_VARIABLE = 'MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}';

/**
 * The dotenv variable of a token: the template with `{ACCOUNT}` and `{TOKEN}` replaced by the names in upper case, with _ for
 * characters other than A-Z, 0-9 and _. Two tokens may have the same variable; callers must not store both there.
 */
export function variableOf(template: string, address: TokenAddress): string {
  return template.replace(/\{(ACCOUNT|TOKEN)\}/g, (_, name) =>
    (name === 'ACCOUNT' ? address.account : address.token).toUpperCase().replace(/[^A-Z0-9_]/g, '_'),
  );
}

/** Whether a template gives names that shells and dotenv readers accept. */
export function isVariableTemplate(template: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(variableOf(template, { account: 'A', token: 'T' }));
}

/** A copy of the environment for other programs, without MotherDuck tokens under any name. */
export function withoutTokens(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hasToken = tokenFinder(env);
  return Object.fromEntries(
    Object.entries(env).filter(([name, value = '']) => !isSecretVariable(name) && !hasToken(value)),
  );
}
