import { stripVTControlCharacters } from 'node:util';
import { maskCredentials } from '../../../model/credential.ts';
import { withoutEnvironmentSecrets } from '../../../model/environment-secrets.ts';
import type { Secret } from '../../../model/secret.ts';
import { secretHider } from '../../../model/secret-hider.ts';

/** A run of this many characters that also occurs in the secret is treated as part of it. */
const PIECE = 8;
const LINES = 5;
/** Shorter names may occur in a token by chance. */
const LONG_NAME = 16;
/** Shorter runs are no tokens. */
const TOKEN_LENGTH = 24;
const RUN = new RegExp(`[A-Za-z0-9+/_=.-]{${TOKEN_LENGTH},}`, 'g');
const LINE_LENGTH = 300;

/** What a command's output may show. */
interface OutputContext {
  /** What the command was given. */
  readonly secret?: Secret | undefined;
  /** What the command was told to call the secret, which may look like one: `MOTHERDUCK_TOKEN_tenant_00002__app`. */
  readonly names?: readonly string[];
  /** What the command inherited. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The last lines of a command's output, safe to show: without control characters, without any part or encoding of the
 * secret, without the secrets in the environment, which the command inherits, and without anything else that looks like a
 * credential.
 */
export function scrubOutput(output: string, { secret, names = [], env }: OutputContext): string[] {
  const hide = (run: string) => (isOfNames(run, names) ? run : '[secret]');
  const plain = stripVTControlCharacters(output)
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', ' ')
    .replace(/[^\P{Cc}\n]|\p{Cf}/gu, '');
  const others = withoutEnvironmentSecrets(
    secret === undefined ? plain : secretHider(secret.reveal(), PIECE)(plain),
    env,
  );
  const clean = maskCredentials(maskTokens(others, hide), () => '[secret]', hide);
  const lines = clean
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(-LINES).map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}...` : line));
}

/** Whether a run is part of a name, or has a long one and nothing else that looks like a token. */
function isOfNames(run: string, names: readonly string[]): boolean {
  if (names.some((name) => name.includes(run))) return true;
  const long = names.filter((name) => name.length >= LONG_NAME);
  const rest = long.reduce((left, name) => left.replaceAll(name, ''), run);
  return rest !== run && (rest.length < TOKEN_LENGTH || !looksLikeToken(rest));
}

/** Replaces long runs of mixed letters and digits, unlike words and paths: other secrets, such as the command's own. */
function maskTokens(text: string, hide: (run: string) => string): string {
  return text.replace(RUN, (run) => (looksLikeToken(run) ? hide(run) : run));
}

function looksLikeToken(run: string): boolean {
  if (!/\d/.test(run)) return false;
  const bothCases = /[a-z]/.test(run) && /[A-Z]/.test(run);
  const onePiece = /[A-Za-z]/.test(run) && /^[A-Za-z0-9]+=*$/.test(run);
  return bothCases || onePiece;
}
