// Preloaded by `node --import`: prints the URLs of modules loaded after it, one per line, when the process ends.
import Module, { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';

const loaded = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
process.on('exit', () => writeSync(1, `${[...loaded, ...Object.keys(Module._cache)].join('\n')}\n`));
