import path from 'node:path';

/** An esbuild plugin: leaves commands out of the main bundle, which imports a command by its built name when it is called. */
export const commandsOutside = {
  name: 'commands-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/commands\/.*\.ts$/ }, ({ path: file, kind }) =>
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

/**
 * An esbuild plugin: runs string-width and wrap-ansi when a text needs them. When they load, they make a segmenter and emoji patterns,
 * which takes about 25 ms; the width of printable ASCII is its length.
 */
export const lazyText = {
  name: 'lazy-text',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(string-width|wrap-ansi)$/ }, ({ path: name }) => ({ path: name, namespace: 'lazy-text' }));
    onLoad({ filter: /.*/, namespace: 'lazy-text' }, ({ path: name }) => ({
      contents: `
        let real;
        export default (text, ...rest) => {
          ${name === 'string-width' ? 'if (/^[ -~]*$/.test(text)) return text.length;' : ''}
          real ??= require(${JSON.stringify(path.resolve(`node_modules/${name}/index.js`))}).default;
          return real(text, ...rest);
        };`,
      resolveDir: process.cwd(),
    }));
  },
};
