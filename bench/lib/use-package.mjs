// `node --import ./use-package.mjs`: `nestjs-internal-token` is the compiled package in dist, as if it were installed.
import { registerHooks } from 'node:module';

const PACKAGE = new URL('../../dist/packages/internal-token/package.json', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const ours = /^nestjs-internal-token(?:\/|$)/.test(specifier);
    // A package may import itself by its name, through its exports.
    return next(specifier, ours ? { ...context, parentURL: PACKAGE } : context);
  },
});
