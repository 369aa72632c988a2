import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { versionsOf } from './packed.mjs';
import { run } from './run.mjs';

const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2024',
  rootDir: 'src',
  outDir: 'dist',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  types: ['node'],
};

/** Warnings about an npm older than its Node, or about a user's .npmrc: not about what is installed. */
const ABOUT_NPM_ITSELF = /\bnpm v[\d.]+ (?:does not|is known)|Unknown \w+ config/;

/** An application that gets the product only from a registry: its own folder, manifest and node_modules. */
export class FreshApp {
  #dependencies;

  /**
   * @param {string} directory outside the workspace
   * @param {Map<string, string>} files TypeScript by file name
   * @param {readonly object[]} tarballs packed packages that it installs
   * @param {readonly string[]} packages its dependencies besides the tarballs, in the workspace's versions
   */
  constructor(directory, tarballs, files, packages) {
    this.directory = directory;
    this.#dependencies = {
      ...versionsOf(...packages),
      ...Object.fromEntries(tarballs.map(({ manifest, file }) => [manifest.name, `file:${file}`])),
    };
    mkdirSync(join(directory, 'src'), { recursive: true });
    for (const [name, code] of files) writeFileSync(join(directory, 'src', name), code);
  }

  entry(name) {
    return join(this.directory, 'dist', name);
  }

  /** @returns npm's warnings */
  async install() {
    this.#write('package.json', {
      private: true,
      type: 'module',
      dependencies: this.#dependencies,
      devDependencies: versionsOf('typescript', '@types/node'),
    });
    const { stdout, stderr } = await run(
      'npm',
      ['install', '--strict-peer-deps', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=warn'],
      this.directory,
    );
    return `${stdout}\n${stderr}`
      .split('\n')
      .filter((line) => /npm (?:warn|error)|ERESOLVE/i.test(line) && !ABOUT_NPM_ITSELF.test(line));
  }

  /** @param {Record<string, unknown>} [options] compiler options to override */
  async compile(options = {}, include = 'src') {
    this.#write('tsconfig.json', { compilerOptions: { ...COMPILER_OPTIONS, ...options }, include: [include] });
    await this.run('node_modules/typescript/bin/tsc', '--project', '.');
  }

  run(program, ...args) {
    return run(process.execPath, [join(this.directory, program), ...args], this.directory);
  }

  #write(name, content) {
    writeFileSync(join(this.directory, name), JSON.stringify(content, null, 2));
  }
}
