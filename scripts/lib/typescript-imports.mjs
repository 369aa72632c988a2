// Lets a script import this workspace's TypeScript without a build, with the aliases of tsconfig.json and decorators.
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';

const ROOT = new URL('../../', import.meta.url);
const { compilerOptions } = JSON.parse(readFileSync(new URL('tsconfig.json', ROOT), 'utf8'));

const SWC = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
};

registerHooks({
  resolve(specifier, context, next) {
    const alias = compilerOptions.paths[specifier]?.[0];
    if (alias) return next(new URL(alias, ROOT).href, context);
    if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(source)) return next(source.href, context);
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith(ROOT.href) || !url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), { ...SWC, filename });
    return { format: 'module', source: code, shortCircuit: true };
  },
});

/**
 * The exports of a source file. Asking for a name that it does not export throws, so that a renamed export cannot go
 * unnoticed until it is used.
 * @param path relative to the root of the workspace
 */
export async function importSource(path) {
  const exported = await import(pathToFileURL(fileURLToPath(new URL(path, ROOT))).href);
  return new Proxy(exported, {
    get(target, name) {
      if (name in target || typeof name === 'symbol' || name === 'then') return target[name];
      throw new Error(`${path} exports no "${name}".`);
    },
  });
}
