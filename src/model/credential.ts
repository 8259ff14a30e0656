/** Recognizes credentials of any kind by their names and their form, so that no plan, report or error shows them. */
import { hasJwtStart, hasSomeJwt, replaceJwts } from './jwt.ts';

const PARTS =
  /token|secret|passw|passphrase|passcode|senha|kennwort|contrasena|wachtwoord|unseal|keytab|(?:recovery|seed|backup)_?(?:phrase|code)|mnemonic|credential|cookie|bearer|webhook|private|netrc|kubeconfig/i;

/** Words of names, split at `_` and before capitals. */
const WORDS = new Set(
  `pass pwd pw pat dsn jwt otp totp pin sas cred creds sess session sk tok signing signature cert certs certificate pem pfx
  p12 htpasswd auth authn authz authorization authentication oauth bearer priv salt seed sig connstr
  pats jwts otps pins hook hooks hmac pepper mdp clave haslo parola psk nonce mfa 2fa sasl gpg enc encryption encrypted crypt crypto decrypt`.split(
    /\s+/,
  ),
);
/** Ends of words, such as DBPASS and APIKEY, and words that end like them. */
const ENDS = /(?:pass|passfile|keys?|pwd|pw|hmac|crypt|dsn|jwt|tok)$/;
const OTHERS = /^(?:com|encom|by|tres|sur|over|under)pass$|^(?:mon|tur|don|hoc|joc|whis|mic)keys?$/;
const TOGETHER =
  /(?:^|_)(?:conn(?:ection)?_?str(?:ing)?|role_?id|(?:database|db|redis|mongo(?:db)?|postgres|mysql|amqp|broker)_ur[il])(?:_|$)/i;

/** Whether the name of a variable or a key speaks of a credential. */
export function isCredentialName(name: string): boolean {
  if (name === 'PWD' || name === 'OLDPWD') return false;
  if (PARTS.test(name) || TOGETHER.test(name)) return true;
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
  return words.some((each) => {
    const word = WORDS.has(each) ? each : each.replace(/\d+$/, '');
    return WORDS.has(word) || (ENDS.test(word) && !OTHERS.test(word));
  });
}

/** Forms that only credentials have, beside JWTs: tokens of known services, private keys, and names with passwords in URLs. */
const FORMS = [
  /(?<!\w)(?:gh[pousr]_|github_pat_|gl(?:pat|ptt|dt|rt|cbt|soat)-|xox[a-z]-|xapp-|[rs]k[-_](?:live|test|proj|ant)[-_]|whsec_|shp(?:at|ss|ca|pa)_|dop_v1_|hf_|pypi-|npm_|dckr_pat_|hv[sb]\.|AKIA|ASIA|AIza|ya29\.|SG\.|AGE-SECRET-KEY-)[\w.-]{8,}/g,
  /(?<=:\/\/(?:[\w.]{1,40}\.)?discord(?:app)?\.com\/api\/webhooks\/)\S{8,}/g,
  /(?<=:\/\/)[^\s/@]{0,200}:[^\s/@]{1,200}(?=@)/g,
  /(?<=\b(?:basic|bearer)\s{1,3})[\w+/=.-]{8,}/gi,
  /(?<=\b(?:accountkey|sharedaccess(?:key|signature)|sig|x-amz-signature|password|pwd)=)[^\s&;]{6,}/gi,
  /-----BEGIN [A-Z ]{0,30}(?:PRIVATE KEY|CERTIFICATE)(?: BLOCK)?-----.{0,4000}/gs,
];

/** Whether a value is certainly a credential, by its form. */
export function isCredential(value: string): boolean {
  return hasSomeJwt(value) || FORMS.some((form) => value.search(form) !== -1);
}

/** Texts that are long and look random: in hexadecimal, or of both cases and digits without words. */
const RANDOM = /(?<!\w)[\w+/=-]{20,}/g;
/** Without such a run, no text in it is of that kind. */
const HAS_LONG_RUN = /[\w+/=-]{20}/;

function isRandom(text: string): boolean {
  if (/^[0-9a-f]{32,}$/i.test(text)) return true;
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/\d/.test(text)) return false;
  return text.replace(/[A-Z]?[a-z]{2,}|[A-Z]{2,}|\d+|[_+/=-]/g, '') !== '';
}

/**
 * Whether a value looks like a credential: by its form, or because a part of it looks random. Stricter than what is masked in
 * lines, since a variable that is none can be allowed.
 */
export function mayBeCredential(value: string): boolean {
  if (isCredential(value) || (value.match(RANDOM) ?? []).some(isRandom)) return true;
  if (/^[^\s:/@]+:[^\s/@]+@/.test(value)) return true;
  if (/(?<![a-z\d])[\da-f]{32,}(?![a-z\d])|:\/\/[^\s/@]{16,}@/i.test(value)) return true;
  // Letters and digits that take turns are no words.
  const runs = value.match(/[A-Za-z\d]{24,}/g) ?? [];
  return runs.some((run) => (run.match(/\d+/g) ?? []).length >= 5);
}

/** Whether a secret was typed as a word of a command. Names such as `npm_downloads` and addresses begin like some, and are none. */
export function isTypedCredential(word: string): boolean {
  if (hasJwtStart(word)) return true;
  return !word.includes('://') && isCredential(word) && (word.match(RANDOM) ?? []).some(isRandom);
}

/** A name and a password in an address, unless a placeholder or a variable stands for it. */
const PASSWORD_IN_URL = /:\/\/[^\s/@:{}]{0,200}:(?![^\s/@]{0,200}[{$])[^\s/@]{1,200}@/;
/** No credential is shorter. */
const SHORTEST = 8;

/** Whether somebody wrote a credential into a text. Unlike `isCredential`, it takes no placeholder and no name that begins like one for it. */
export function isWrittenCredential(text: string): boolean {
  if (text.length < SHORTEST) return false;
  if (hasJwtStart(text) || PASSWORD_IN_URL.test(text)) return true;
  if (!HAS_LONG_RUN.test(text)) return false;
  return FORMS.some((form) => (text.match(form) ?? []).some((found) => (found.match(RANDOM) ?? []).some(isRandom)));
}

function mask(text: string): string {
  return '*'.repeat(text.length);
}

/**
 * The text with as many asterisks in place of every credential, or with what `hide` makes of it.
 *
 * @param hideRandom What is made of texts that only look random.
 */
export function maskCredentials(text: string, hide = mask, hideRandom = hide): string {
  const masked = FORMS.reduce((before, form) => before.replace(form, hide), replaceJwts(text, hide));
  return masked.replace(RANDOM, (found) => (isRandom(found) ? hideRandom(found) : found));
}

/** Keys of the configuration that have words such as token and secret, and no secret as a value. */
const OWN_KEYS = /^(tokens|token_policies|max_token_ttl|secret_stores?)$/;
const ASSIGNMENT = /(?<![\w.-])(["']?)([\w.-]{1,100})\1\s{0,20}[:=]\s{0,20}(?=\S)/g;

/**
 * A line of a file with asterisks in place of its credentials, also of values whose key speaks of one. `key` is the line with
 * the key that this line belongs to, if there is one.
 */
export function maskLine(line: string, key = ''): string {
  const above = /^[\s-]*["']?([\w.-]{1,100})["']?\s*[:=]\s*([|>][-+\d]*|["'[].*)?$/.exec(key.slice(0, 300));
  if (above?.[1] !== undefined && speaksOfOne(above[1])) return line.replace(/\S+/g, mask);
  let masked = '';
  let end = 0;
  for (const match of line.matchAll(ASSIGNMENT)) {
    const start = match.index + match[0].length;
    if (match.index < end || !speaksOfOne(match[2] ?? '')) continue;
    const rest = line.slice(start);
    // A mapping has its own keys and values, which are checked one by one.
    if (/^\{\s*(["']?[\w.-]+["']?\s*:|\})/.test(rest)) continue;
    const isAlone = line.slice(0, match.index).trim().replace(/^-\s*/, '') === '';
    const quoted = /^"(?:[^"\\]|\\.)*"?|^'[^']*'?|^\[[^\]]*/.exec(rest)?.[0];
    const value = quoted ?? (isAlone ? rest : (/^[^,}\]]*/.exec(rest)?.[0] ?? rest));
    masked += line.slice(end, start) + value.replace(/\S+/g, mask);
    end = start + value.length;
  }
  return maskCredentials(masked + line.slice(end));
}

function speaksOfOne(key: string): boolean {
  return !OWN_KEYS.test(key) && isCredentialName(key);
}
