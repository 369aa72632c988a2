// Nest 12 and jose 6 are ESM-only, so jest runs native ESM (node --experimental-vm-modules, see package.json).
import { readFileSync } from 'node:fs';

// The aliases have one source: tsconfig.json "paths".
const { compilerOptions } = JSON.parse(readFileSync(new URL('./tsconfig.json', import.meta.url), 'utf8'));
const aliases = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([alias, [target]]) => [
    `^${alias}$`,
    `<rootDir>/${target.replace(/^\.\//, '')}`,
  ]),
);

const SETUP = ['<rootDir>/jest.leaks.mjs', '<rootDir>/jest.lines.mjs', '<rootDir>/jest.connections.mjs'];

const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/jest.setup.mjs'],
  setupFilesAfterEnv: SETUP,
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: { ...aliases, '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

const project = (displayName, ...testMatch) => ({
  ...base,
  displayName,
  testMatch: testMatch.map((pattern) => `<rootDir>/${pattern}`),
});

const endToEnd = (name) => ({
  ...project(name, `test/${name}/**/*.spec.ts`),
  globalSetup: `<rootDir>/test/${name}/build-setup.mjs`,
  setupFilesAfterEnv: ['<rootDir>/jest.long-tests.mjs', ...SETUP],
});

export default {
  // Guards against hanging; it does not measure speed, since machines are slow and busy. A suite that needs more says so.
  testTimeout: 30_000,
  // Suites mostly wait for processes, databases and sockets, so every core gets a worker.
  maxWorkers: '100%',
  reporters: ['default', '<rootDir>/scripts/lib/time-budget-reporter.mjs'],
  // A worker keeps the modules of every suite it has run (ESM in a VM), so one that has grown is replaced.
  workerIdleMemoryLimit: '1GB',
  // The default of half a second is too short on a busy machine. A worker that takes a minute to exit has a leak.
  workerGracefulExitTimeout: 60_000,
  projects: [
    project('unit', '{apps,libs,bench}/**/*.spec.ts'),
    project('architecture', 'test/architecture/**/*.spec.ts'),
    project('contract', 'test/contract/**/*.spec.ts'),
    endToEnd('page'),
    project('security', 'test/security/**/*.spec.ts'),
    endToEnd('topology'),
  ],
};
