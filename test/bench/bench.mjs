/**
 * `npm run bench [-- PART... --save]`: speed as ratios in one run, each against its floor, since machines are noisy.
 * `--save` writes RESULTS.md, with the date, the commit and the machine.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import path from 'node:path';
import { root } from './measure.mjs';

const PARTS = ['start-up', 'validate', 'plan', 'apply', 'bucket', 'growth', 'large', 'smoke', 'terraform'];
const words = process.argv.slice(2);
const wanted = words.filter((word) => word !== '--save');
const unknown = wanted.filter((word) => !PARTS.includes(word));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; there are ${PARTS.join(', ')}, and --save.`);
  process.exit(64);
}

const said = [];
say(heading());
for (const name of wanted.length > 0 ? wanted : PARTS) {
  const { title, about, measure } = await import(`./parts/${name}.mjs`);
  const rows = await measure();
  say(`\n## ${title}\n\n${about}\n\n${rows.length > 0 ? table(rows) : 'Not measured: it is not on the PATH.'}`);
}
if (words.includes('--save')) writeFileSync(path.join(root, 'test/bench/RESULTS.md'), `${said.join('\n')}\n`);

function say(text) {
  said.push(text);
  console.log(text);
}

function heading() {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--', 'src', 'package-lock.json') !== '';
  const commit = `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ', with changes' : ''}`;
  const memory = Math.round(totalmem() / 2 ** 30);
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${memory} GB`;
  return [
    '# What `npm run bench` printed',
    '',
    'Medians in milliseconds, and ratios to the first line above that has none. Look at the ratios: machines are noisy.',
    '',
    `- ${new Date().toISOString().slice(0, 10)}, commit ${commit}`,
    `- ${machine}; Node ${process.version}, ${process.platform}`,
  ].join('\n');
}

function table(rows) {
  const measured = (field) => rows.some((row) => row[field] !== undefined);
  const [hasMemory, hasRatio] = [measured('megabytes'), measured('ratio') || !measured('megabytes')];
  const columns = (what, ms, ratio, peak, goal) => [
    what,
    ms,
    ...(hasRatio ? [ratio] : []),
    ...(hasMemory ? [peak] : []),
    goal,
  ];
  const cells = rows.map(({ what, ms, ratio, megabytes, goal, goalMegabytes }) => {
    const goals = [goal, goalMegabytes === undefined ? undefined : `${goalMegabytes} MB`].filter((each) => each);
    return columns(
      what,
      ms.toFixed(ms < 1000 ? 1 : 0),
      ratio === undefined ? '' : ratio.toFixed(2),
      megabytes === undefined ? '' : `${megabytes.toFixed(0)} MB`,
      goals.length === 0 ? '' : `at most ${goals.join(', ')}`,
    );
  });
  const all = [columns('', 'ms', 'ratio', 'peak', 'goal'), ...cells];
  const widths = all[0].map((_, column) => Math.max(3, ...all.map((row) => row[column].length)));
  const isText = (at) => at === 0 || at === widths.length - 1;
  const line = (row) =>
    `| ${row.map((cell, at) => (isText(at) ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (isText(at) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(all[0]), rule, ...cells.map(line)].join('\n');
}
