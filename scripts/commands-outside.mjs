/** For esbuild: what is imported when a command is called stays outside of the bundle, under its built name. */
export const commandsOutside = {
  name: 'commands-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/commands\/.*\.ts$/ }, ({ path: file, kind }) =>
      kind === 'dynamic-import' ? { path: file.replace(/\.ts$/, '.cjs'), external: true } : undefined,
    );
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
