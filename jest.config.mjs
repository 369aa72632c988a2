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

const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/jest.setup.mjs'],
  setupFilesAfterEnv: ['<rootDir>/jest.leaks.mjs', '<rootDir>/jest.lines.mjs', '<rootDir>/jest.connections.mjs'],
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

export default {
  // Guards against hanging; it does not measure speed, since machines are slow and busy.
  testTimeout: 300_000,
  // Suites mostly wait for processes, databases and sockets, so every core gets a worker.
  maxWorkers: '100%',
  // A worker keeps the modules of every suite it has run (ESM in a VM), so one that has grown is replaced.
  workerIdleMemoryLimit: '1GB',
  projects: [
    project('unit', '{apps,libs}/**/*.spec.ts'),
    project('architecture', 'test/architecture/**/*.spec.ts'),
    project('contract', 'test/contract/**/*.spec.ts'),
    { ...project('page', 'test/page/**/*.spec.ts'), globalSetup: '<rootDir>/test/page/build-setup.mjs' },
    project('security', 'test/security/**/*.spec.ts'),
    { ...project('topology', 'test/topology/**/*.spec.ts'), globalSetup: '<rootDir>/test/topology/build-setup.mjs' },
  ],
};
