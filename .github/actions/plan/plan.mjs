/**
 * Validates, plans, and leaves for the next steps: outputs, the plan file, its Markdown and HTML, and the comment. It ends
 * well even when the plan does not, so that the comment is written; `exitcode` then says it.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { failureComment, organizationOf, planComment } from './comment-body.mjs';
import { hidesFork, pullRequest } from './event.mjs';

const { ADMIN_TOKEN, API_URL, ...env } = process.env;
if (ADMIN_TOKEN) env.MOTHERDUCK_ADMIN_TOKEN = ADMIN_TOKEN;
if (API_URL) {
  env.MOTHERDUCK_API_URL = API_URL;
  // mdacc refuses two addresses that differ, and the input has precedence over the job's.
  delete env.MOTHERDUCK_API_BASE_URL;
}
// As mdacc itself: the input, else the job's variable, else the default. The comment names both files.
env.CONFIG ||= env.MDACC_CONFIG || 'motherduck.accounts.yaml';
env.STATE ||= env.MDACC_STATE || '';

/** A stranger's configuration is validated too, and may ask for any variable. */
const WITHOUT_TOKEN = { env: { MOTHERDUCK_ADMIN_TOKEN: undefined } };

const folder = mkdtempSync(path.join(env.RUNNER_TEMP, 'plan-'));
const configuration = ['--config', env.CONFIG, ...(env.STATE ? ['--state', env.STATE] : [])];
const pull = pullRequest(env);
let organization = '';

if (leadsOut()) fail(1, 'The configuration is a link that leads out of the repository, so it was not read.', '');
else validate();

/** A file's wrong lines are shown, and a pull request can hold a link to any file of this machine. */
function leadsOut() {
  const root = path.resolve(env.GITHUB_WORKSPACE);
  const named = path.resolve(root, env.WORKING_DIRECTORY, env.CONFIG);
  return existsSync(named) && isWithin(root, named) && !isWithin(realpathSync(root), realpathSync(named));
}

/** Whether a file is below a folder, which may begin with two dots. */
function isWithin(folder, file) {
  const way = path.relative(folder, file);
  return way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}

/** Empty where there is no such file, of which mdacc then says more. */
function readIfFile(name) {
  try {
    return readFileSync(name, 'utf8');
  } catch {
    return '';
  }
}

function validate() {
  organization = organizationOf(readIfFile(env.CONFIG), env);
  const valid = mdacc(['validate', ...configuration, '--format', 'github'], WITHOUT_TOKEN);
  if (valid.code !== 0) {
    // Again as text, which shows the lines; the annotations do not.
    const { stdout, stderr } = mdacc(['validate', ...configuration], { ...WITHOUT_TOKEN, quiet: true });
    fail(valid.code, 'The configuration is not valid.', `${stdout}${stderr}`);
  } else if (pull?.isForeign) {
    only('The configuration is valid. It was not planned, because it comes from a fork, which gets no secrets.');
  } else if (hidesFork(env)) {
    only(
      `The configuration is valid. It was not planned, because the event ${env.GITHUB_EVENT_NAME} does not say whether the pull request comes from a fork: use pull_request.`,
    );
  } else if (pull && env.GITHUB_ACTOR === 'dependabot[bot]' && !env.MOTHERDUCK_ADMIN_TOKEN) {
    only('The configuration is valid. It was not planned, because Dependabot gets no secrets.');
  } else {
    plan();
  }
}

function plan() {
  const file = path.join(folder, 'accounts.plan');
  const globs = (env.ONLY ?? '').split('\n').map((glob) => glob.trim());
  const options = [
    ...configuration,
    ...globs.filter((glob) => glob !== '').flatMap((glob) => ['--only', glob]),
    ...(env.PRUNE === 'true' ? ['--prune'] : []),
  ];
  const words = ['plan', ...options, '--detailed-exitcode', '--format', 'markdown', '--out', file];
  const { code, stdout, stderr } = mdacc(words);
  // Without Markdown, mdacc ended before it had a plan and wrote no outputs.
  if (stdout === '') return fail(code, 'The plan failed.', stderr);
  writeFileSync(path.join(folder, 'plan.md'), stdout);
  // A second reading of the organization: it must not write the outputs again, and may fail.
  const page = mdacc(['plan', ...options, '--format', 'html'], { quiet: true, env: { GITHUB_ACTIONS: 'false' } });
  if (page.stdout !== '') writeFileSync(path.join(folder, 'plan.html'), page.stdout);
  output('folder', folder);
  output('plan-file', file);
  comment(planComment(stdout, env, pull, organization));
}

/** Says what was done in place of a plan. */
function only(summary) {
  output('summary', summary);
  output('changes', '');
  output('exitcode', '0');
  summarize(`ℹ️ ${summary}\n\nTo see a plan, push the branch to this repository, after a look at what it holds.\n`);
}

/** A pull request must not go on showing a plan that is no longer to be had. */
function fail(code, summary, said) {
  const text = failureComment(summary, said, env, pull, organization);
  output('summary', summary);
  output('changes', '');
  output('exitcode', String(code));
  summarize(text);
  comment(text);
}

function comment(text) {
  const file = path.join(env.RUNNER_TEMP, `comment-${randomUUID()}.md`);
  writeFileSync(file, text);
  // The token of a run for a fork cannot write.
  if (pull !== undefined && !pull.isForeign) output('comment-file', file);
}

/** Runs it and shows what it says, in which a live account's name must not become a command to the runner. */
function mdacc(words, { quiet = false, env: more = {} } = {}) {
  const isForRunner = words.includes('github');
  const done = spawnSync('mdacc', [...words, '--no-color'], {
    env: { ...env, ...more },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
  if (done.error) throw done.error;
  const said = `${done.stderr}${done.stdout}`;
  if (isForRunner) process.stdout.write(said);
  else if (!quiet) {
    const seal = randomUUID();
    process.stdout.write(`::stop-commands::${seal}\n${said}\n::${seal}::\n`);
  }
  return { code: done.status ?? 1, stdout: done.stdout, stderr: done.stderr };
}

function output(name, value) {
  const end = randomUUID();
  appendFileSync(env.GITHUB_OUTPUT, `${name}<<${end}\n${value}\n${end}\n`);
}

function summarize(text) {
  appendFileSync(env.GITHUB_STEP_SUMMARY, text);
}
