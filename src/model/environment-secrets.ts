/** The secrets in the environment of a program, which the programs that it starts inherit and may print. */
import { isCredentialName, mayBeCredential } from './credential.ts';
import { literally } from './wording.ts';

const LONG = 8;
const SHORTEST = 4;
const SWITCH = /^(?:true|false|none|null)$/i;
/** The path of a file with a secret is not a secret. */
const PATH = /^(?:~|[A-Za-z]:|\.{0,2})(?:[\\/][\w .@-]+){2,}$/;

/** The text with `[secret]` for the values of variables that speak of a secret, and for user names and passwords of proxies. */
export function withoutEnvironmentSecrets(text: string, env: NodeJS.ProcessEnv): string {
  const all = [
    ...namedSecrets(env),
    ...proxyUsers(env).flatMap(({ user, ...others }) => [...user, ...formsOf(others)]),
  ];
  const found = new Set(all.filter((value) => value.length > 1));
  return [...found].sort((a, b) => b.length - a.length).reduce(withoutValue, text);
}

/** The text with `[secret]` for the value; for a short one only where it stands alone, since it may be within any word. */
export function withoutValue(text: string, value: string): string {
  if (value.length >= LONG) return text.replaceAll(value, '[secret]');
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${literally(value)}(?![\\p{L}\\p{N}])`, 'gu'), '[secret]');
}

/** The credentials in the variables that name proxies, as they can occur in foreign texts. */
export function proxySecrets(env: NodeJS.ProcessEnv): string[] {
  // Shorter ones would also be found within ordinary words.
  return proxyUsers(env)
    .flatMap(formsOf)
    .filter((text) => text.length >= SHORTEST);
}

/** A secret of several lines, such as a key, is printed with others between its lines. */
function namedSecrets(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (!isCredentialName(name) || (PATH.test(value) && !mayBeCredential(value))) return [];
    const lines = value.split(/[\r\n]+/).map((line) => line.trim());
    const secrets = lines.filter((line) => line.length >= SHORTEST && !SWITCH.test(line));
    return secrets.flatMap((line) =>
      line.length < LONG ? [line] : [line, encodeURIComponent(line), Buffer.from(line).toString('base64')],
    );
  });
}

interface ProxyUser {
  /** As in the variable: `user:password`. */
  readonly written: string;
  readonly user: readonly string[];
  readonly password: readonly string[];
}

function proxyUsers(env: NodeJS.ProcessEnv): ProxyUser[] {
  const values = Object.entries(env).filter(([name]) => /^(https?|all)_proxy$/i.test(name));
  return values.flatMap(([, value = '']) => {
    const written = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(.*)@/is.exec(value.trim())?.[1];
    if (written === undefined) return [];
    const [user = '', password = ''] = written.split(/:(.*)/s);
    return [{ written, user: [user, decoded(user)], password: [password, decoded(password)] }];
  });
}

function formsOf({ written, password }: Omit<ProxyUser, 'user'>): string[] {
  const [user = ''] = written.split(':');
  const basic = Buffer.from(`${decoded(user)}:${password[1] ?? ''}`).toString('base64');
  return [written, basic, ...password];
}

/** Decodes percent-encoding; a % that encodes nothing stays. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return text;
  }
}
