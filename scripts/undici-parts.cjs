// What the program uses of undici. Its index also loads fetch, WebSockets, caches and mocks, and Node's own copy of them:
// a quarter of the time that a plan takes.
const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');

Dispatcher.prototype.request = require('undici/lib/api/api-request.js');

module.exports = {
  Dispatcher,
  errors: require('undici/lib/core/errors.js'),
  interceptors: { retry: require('undici/lib/interceptor/retry.js') },
  // Loaded at their first use: a sandbox in this process needs no connections, which bring HTTP/2 with them.
  get DecoratorHandler() {
    return require('undici/lib/handler/decorator-handler.js');
  },
  get Pool() {
    return require('undici/lib/dispatcher/pool.js');
  },
};
