import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** An esbuild plugin: leaves the command line and the commands out of what imports them late, which loads them by their built names. */
export const modulesOutside = {
  name: 'modules-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(command-line|commands\/.*)\.ts$/ }, ({ path: file, kind }) =>
      kind === 'dynamic-import' ? { path: file.replace(/\.ts$/, '.cjs'), external: true } : undefined,
    );
  },
};

/** An esbuild plugin: bundles only the names of the output formats into the main program; the commands load the renderers. */
export const namesOfFormats = {
  name: 'names-of-formats',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\// }, ({ path: file, importer }) =>
      /[\\/]report[\\/]formats\.ts$/.test(importer) ? { path: file, namespace: 'renderer' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'renderer' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** For esbuild: commander needs `child_process` only for subcommands that are separate programs, and mdacc has none. */
export const noChildProcess = {
  name: 'no-child-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'child_process', namespace: 'empty' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** Files of src/ that a command seldom needs, beside the renderers of report/formats.ts. They export functions alone. */
const SELDOM = [
  'cli/option-words',
  'config/structure-errors',
  'motherduck/connection-errors',
  'motherduck/connector',
  'motherduck/http-transport',
  'motherduck/probe-process',
  'motherduck/proxy',
  'plan/plan-file',
  'plan/removed-account',
  'plan/removed-token',
  'plan/state-edits',
  'report/apply/github',
  'report/plan/markdown',
  'sandbox/connector',
  'secrets/fingerprint',
  'secrets/kinds/exec/scrub',
  'state/kinds/file/errors',
  'state/object-backend',
  'wording/branch-warnings',
  'wording/notices',
  'wording/plan-errors',
  'yaml/render',
];

/**
 * An esbuild plugin: puts files that are seldom needed into chunks of their own, which are loaded when one of their functions is
 * first called. To compile 100 kB takes 2 ms, a twentieth of what Node takes to start. `withLateChunks` completes it.
 */
export const loadedLate = {
  name: 'loaded-late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path: file, importer, kind, resolveDir }) => {
      const target = path.resolve(resolveDir, file);
      const name = path.relative(path.resolve('src'), target).replaceAll(path.sep, '/').replace(/\.ts$/, '');
      const isRenderer = /[\\/]report[\\/]formats\.ts$/.test(importer) && /^\.\/\w+\//.test(file);
      const isLate = kind === 'import-statement' && (isRenderer || SELDOM.includes(name));
      return isLate ? { path: name, namespace: 'late', pluginData: target } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'late' }, async ({ pluginData: target }) => ({
      contents: `
        const load = () => loadLate(() => import('./${path.basename(target)}'));
        ${functionsOf(await readFile(target, 'utf8'), target)
          .map(lateFunction)
          .join('\n')}`,
      resolveDir: path.dirname(target),
    }));
  },
};

/** Modules of Node that many commands do not need, with the functions that are called. Node takes 1 ms for each. */
const BUILTINS = { 'node:crypto': ['createHash', 'randomBytes', 'randomUUID'], 'node:v8': ['setFlagsFromString'] };

/** An esbuild plugin: loads modules of Node when one of their functions is first called. */
export const lateBuiltins = {
  name: 'late-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path: name, kind }) =>
      kind === 'import-statement' && name in BUILTINS ? { path: name, namespace: 'late-builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'late-builtin' }, ({ path: name }) => ({
      contents: `
        const load = () => loadLate(() => import('${name}'));
        ${BUILTINS[name].map(lateFunction).join('\n')}`,
    }));
  },
};

/** A function of a module that is loaded when it is called. */
function lateFunction(name) {
  return `export const ${name} = (...values) => load().${name}(...values);`;
}

function functionsOf(text, file) {
  const exported = [...text.matchAll(/^export (?:async )?(const|let|class|function) (\w+)/gm)];
  const other = exported.find(([, kind]) => kind !== 'function');
  if (other !== undefined)
    throw new Error(`${file} exports ${other[2]}, which is no function, so it cannot be loaded late`);
  return exported.map(([, , name]) => name);
}

/** Makes what the plugins write as `loadLate(() => import(…))` a `require`, which returns at once. */
export function withLateChunks(text) {
  // esbuild may break a line anywhere, also in a string.
  const late = text
    .replaceAll('\\\n', '')
    .replaceAll(/\bloadLate\(\s*\(\)\s*=>\s*import\(\s*"([^"]+)"\s*\)\s*\)/g, 'require("$1")');
  if (/\bloadLate\b/.test(late))
    throw new Error('a chunk that is to be loaded late was not found in what esbuild wrote');
  return late;
}

/**
 * An esbuild plugin: runs string-width and wrap-ansi when a text needs them. When they run, they make a segmenter and emoji
 * patterns, which takes about 25 ms; the width of printable ASCII is its length.
 *
 * @param load How a bundle loads a module late, by its name.
 */
function textLoadedBy(load) {
  return {
    name: 'lazy-text',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(string-width|wrap-ansi)$/ }, ({ path: name, importer, kind, namespace }) =>
        kind === 'dynamic-import' || importer.includes('node_modules') || namespace === 'lazy-text'
          ? undefined
          : { path: name, namespace: 'lazy-text' },
      );
      onLoad({ filter: /.*/, namespace: 'lazy-text' }, ({ path: name }) => ({
        contents: `
        let real;
        export default (text, ...rest) => {
          ${name === 'string-width' ? 'if (/^[ -~]*$/.test(text)) return text.length;' : ''}
          real ??= ${load(name)}.default;
          return real(text, ...rest);
        };`,
        resolveDir: process.cwd(),
      }));
    },
  };
}

/** For bundles in several files. */
export const lazyText = textLoadedBy((name) => `loadLate(() => import('${name}'))`);
/** For a bundle in one file, which runs a module that is required when it is. */
export const lazyTextInOneFile = textLoadedBy((name) => `require('${name}')`);
