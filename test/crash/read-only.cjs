/** Loaded into the program by `node --require`: no file can be made in the folder READ_ONLY, as for a user who may not. */
const fs = require('node:fs/promises');
const { syncBuiltinESMExports } = require('node:module');
const { dirname } = require('node:path');

const { open } = fs;

fs.open = async (path, flags, ...rest) => {
  if (dirname(String(path)) === process.env.READ_ONLY && /[wa]/.test(String(flags))) {
    throw Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: 'EACCES' });
  }
  return open(path, flags, ...rest);
};

syncBuiltinESMExports();
