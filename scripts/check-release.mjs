// Checks that this checkout can be released under a tag: node scripts/check-release.mjs v1.2.3
// With --dist-tag, prints the tag at npm: `latest`, or `next` for a prerelease.
import { readFileSync } from 'node:fs';

const words = process.argv.slice(2);
const tag = words.at(-1) ?? '';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

if (tag !== `v${version}`) fail(`the tag is ${tag}, and package.json has version ${version}: expected v${version}`);
if (words[0] === '--dist-tag') {
  process.stdout.write(version.includes('-') ? 'next\n' : 'latest\n');
} else {
  const notes = sectionOf(version, readFileSync('CHANGELOG.md', 'utf8'));
  if (notes === undefined)
    fail(`CHANGELOG.md has no section "## ${version} - YYYY-MM-DD": rename the section Unreleased`);
  if (notes === '') fail(`the section of ${version} in CHANGELOG.md is empty`);
  process.stdout.write(`${notes}\n`);
}

/** The changelog's section of a version; undefined if there is none with a date. */
function sectionOf(released, changelog) {
  const sections = changelog.replaceAll('\r\n', '\n').split(/^## /m).slice(1);
  const heading = new RegExp(`^\\[?${released.replaceAll('.', '\\.')}\\]? - \\d{4}-\\d\\d-\\d\\d\\n`);
  return sections
    .find((section) => heading.test(section))
    ?.replace(heading, '')
    .trim();
}

function fail(why) {
  process.stderr.write(`Not released: ${why}.\n`);
  process.exit(1);
}
