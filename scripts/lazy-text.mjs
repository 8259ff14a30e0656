import path from 'node:path';

/**
 * For esbuild: string-width and wrap-ansi are run when a text needs them. As they are loaded they make a segmenter and emoji patterns,
 * which takes about 25 ms; printable ASCII, which nearly every text is, is as wide as it is long.
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
