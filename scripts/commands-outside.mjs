/** For esbuild: what is imported when a command is called stays outside of the bundle, under its built name. */
export const commandsOutside = {
  name: 'commands-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/commands\/.*\.ts$/ }, ({ path: file, kind }) =>
      kind === 'dynamic-import' ? { path: file.replace(/\.ts$/, '.cjs'), external: true } : undefined,
    );
  },
};
