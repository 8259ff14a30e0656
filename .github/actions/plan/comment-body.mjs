/** What stands in the pull request's comment: the plan, or that there is none, and where it comes from. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { runUrl } from './event.mjs';

/** GitHub takes 65,536; this leaves room for what is put around. */
const MOST_SAID = 20_000;

/**
 * What the variables are that name the organization, without a plan too: the values in the configuration's line of it. Empty
 * where there are none.
 */
export function organizationOf(configuration, env) {
  const [, named = ''] = /^organization:(.*)$/m.exec(configuration) ?? [];
  return [...named.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => `${name}=${env[name] ?? ''}`).join('\n');
}

/** The plan's Markdown as mdacc writes it, with what this run was. */
export function planComment(markdown, env, pull, organization) {
  return `${markdown.trimEnd()}\n\n${footer(env, pull, organization)}`;
}

/** What was said is shown as it is: in a fence that nothing in it can close. */
export function failureComment(summary, said, env, pull, organization) {
  const text = said.trim().slice(0, MOST_SAID);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const shown = text === '' ? '' : `\n${fence}text\n${text}\n${fence}\n`;
  return `❌ **${summary}** [The run](${runUrl(env)}) shows how it went.\n${shown}\n${footer(env, pull, organization)}`;
}

function footer(env, pull, organization) {
  const commit = pull === undefined ? '' : ` of ${pull.commit.slice(0, 7)}`;
  return `<sub>[This run](${runUrl(env)})${commit}</sub>\n${marker(env, organization)}\n`;
}

/** A run that failed writes no plan, by whose marker its comment is found; so each comment also says of what it is. */
function marker(
  { WORKING_DIRECTORY = '.', CONFIG = '', STATE = '', ONLY = '', GITHUB_JOB = '', MATRIX = '' },
  organization,
) {
  const files = [CONFIG, STATE].filter((name) => name !== '').map((name) => path.posix.join(WORKING_DIRECTORY, name));
  const globs = ONLY.split('\n').flatMap((glob) => (glob.trim() === '' ? [] : [`--only=${glob.trim()}`]));
  // Jobs may plan one configuration for several organizations, which a variable of theirs names.
  const job = [
    ...(GITHUB_JOB === '' ? [] : [`--job=${GITHUB_JOB}`]),
    ...(['', 'null', '{}'].includes(MATRIX) ? [] : [`--matrix=${hashOf(MATRIX)}`]),
  ];
  const of = [...files, ...globs, ...job].map(word).join(' ');
  const by = organization === '' ? '' : ` --organization=${hashOf(organization)}`;
  return `<!-- motherduck-accounts plan of: ${of.length > 200 ? `${of.slice(0, 180)}~${hashOf(of)}` : of}${by} -->`;
}

function hashOf(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Different names stay different, and none ends the HTML comment. */
function word(text) {
  return text.replace(/[^\w.,*?=/-]/gu, (character) => `%${character.codePointAt(0).toString(16)};`);
}
