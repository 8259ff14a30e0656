// What the program uses of undici. Its index also loads fetch, WebSockets, caches and mocks, and Node's own copy of them:
// a quarter of the time that a plan takes.
const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');

Dispatcher.prototype.request = require('undici/lib/api/api-request.js');

module.exports = {
  DecoratorHandler: require('undici/lib/handler/decorator-handler.js'),
  Dispatcher,
  Pool: require('undici/lib/dispatcher/pool.js'),
  errors: require('undici/lib/core/errors.js'),
  interceptors: { retry: require('undici/lib/interceptor/retry.js') },
};
