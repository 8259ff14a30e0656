/** Copies a folder as it is at this moment, which is how a kill would leave it. */
const { cpSync, rmSync } = require('node:fs');

/** Tries again where a file was renamed meanwhile. */
exports.takeImage = (from, to, attempts = 5) => {
  try {
    cpSync(from, to, { recursive: true });
  } catch (error) {
    if (error.code !== 'ENOENT' || attempts === 1) throw error;
    rmSync(to, { recursive: true });
    exports.takeImage(from, to, attempts - 1);
  }
};
