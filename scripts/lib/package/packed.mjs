import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { ROOT } from '../build.mjs';
import { run } from './run.mjs';

const EXPECTED =
  /^(?:dist\/.+\.(?:js|d\.ts)|dist\/(?:logging\/)?log-line\.schema\.json|dist\/lnav\/internal-token\.json|package\.json|[A-Z]+\.md|LICENSE)$/;
const NEVER = /(?:\.spec\.|\/test\/|\/__|\.pem$|\.map$|tsbuildinfo)/;

/** Builds the packages, packs them into `directory` as `npm publish` would, and unpacks them there for inspection. */
export async function packAll(directory) {
  await run(process.execPath, [join(ROOT, 'scripts/build-package.mjs')], ROOT);
  return { product: await pack('internal-token', directory), itok: await pack('itok', directory) };
}

async function pack(name, directory) {
  const built = join(ROOT, 'dist/packages', name);
  const { stdout } = await run('npm', ['pack', built, '--json', '--pack-destination', directory], ROOT);
  const [{ filename, size, unpackedSize, files }] = Object.values(JSON.parse(stdout));
  const file = join(directory, filename);
  const unpacked = join(directory, `unpacked-${name}`);
  mkdirSync(unpacked);
  await run('tar', ['-xzf', file, '-C', unpacked], directory);
  const folder = join(unpacked, 'package');
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { file, folder, manifest, size, unpackedSize, paths: files.map(({ path }) => path) };
}

/** The problems with the contents of a tarball. */
export function inspect({ folder, manifest, paths }) {
  const strangers = paths.filter((path) => NEVER.test(path) || !EXPECTED.test(path));
  const missing = targets(manifest.exports).filter((path) => !paths.includes(path));
  return [
    ...strangers.map((path) => `${path} does not belong in the package`),
    ...missing.map((path) => `${path} is exported but missing`),
    ...paths.flatMap((path) => problemsOf(path, readFileSync(join(folder, path), 'utf8'), paths)),
  ];
}

/** The specifiers it can be imported by: `nestjs-internal-token`, `nestjs-internal-token/gateway`, … */
export function entryPoints({ manifest: { name, exports } }) {
  return Object.keys(exports)
    .filter((key) => !key.endsWith('.json'))
    .map((key) => name + key.slice(1));
}

function problemsOf(path, text, paths) {
  const problems = [];
  if (/-----BEGIN (?:\w+ )?PRIVATE KEY-----\s*[\w+/]{20}/.test(text)) problems.push(`${path} contains a private key`);
  if (text.includes(ROOT)) problems.push(`${path} contains the path of the build folder`);
  const map = /^\/\/# sourceMappingURL=(?!data:)(\S+)/m.exec(text)?.[1];
  if (map !== undefined && !paths.includes(join(dirname(path), map)))
    problems.push(`${path} refers to a missing source map`);
  return problems;
}

function targets(entry) {
  if (typeof entry === 'string') return [entry.replace(/^\.\//, '')];
  return Object.values(entry).flatMap(targets);
}

/** The workspace's versions of these packages. */
export function versionsOf(...names) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const all = { ...devDependencies, ...dependencies };
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}
