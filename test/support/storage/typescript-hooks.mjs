// Lets a plain Node process run this repository's sources, decorators included: `node --import ./typescript-hooks.mjs
// x.ts`.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformTypescript } from '../transform-typescript.mjs';

const root = new URL('../../../', import.meta.url);
const { compilerOptions } = JSON.parse(readFileSync(new URL('tsconfig.json', root), 'utf8'));

registerHooks({
  resolve(specifier, context, next) {
    const [alias] = compilerOptions.paths[specifier] ?? [];
    if (alias) return { url: new URL(alias, root).href, format: 'module', shortCircuit: true };
    const own = context.parentURL?.endsWith('.ts') && specifier.startsWith('.');
    return next(own ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    return { format: 'module', source: transformTypescript(fileURLToPath(url)), shortCircuit: true };
  },
});
