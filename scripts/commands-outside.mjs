/** For esbuild: what is imported when a command is called stays outside of the bundle, under its built name. */
export const commandsOutside = {
  name: 'commands-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/commands\/.*\.ts$/ }, ({ path: file, kind }) =>
      kind === 'dynamic-import' ? { path: file.replace(/\.ts$/, '.cjs'), external: true } : undefined,
    );
  },
};

/** For esbuild: commander needs `child_process` only for commands that are programs of their own, and there are none here. */
export const noChildProcess = {
  name: 'no-child-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'child_process', namespace: 'none' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** For esbuild: of the output formats, the main program needs the names alone; the renderers are loaded with the commands. */
export const namesOfFormats = {
  name: 'names-of-formats',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\// }, ({ path: file, importer }) =>
      /[\\/]report[\\/]formats\.ts$/.test(importer) ? { path: file, namespace: 'renderer' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'renderer' }, () => ({ contents: 'module.exports = {};' }));
  },
};
