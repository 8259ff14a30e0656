/** undici's index also loads fetch, WebSockets, caches and mocks, which takes as long as the requests of a short plan. */
declare module 'undici/lib/dispatcher/pool.js' {
  const pool: typeof import('undici').Pool;
  export = pool;
}
