import { jest } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

// Reads the whole workspace.
jest.setTimeout(300_000);

const ROOT = resolve(import.meta.dirname, '../..');
const configuration = await extractDepcruiseConfig(join(ROOT, '.dependency-cruiser.mjs'));
const rules = configuration.forbidden ?? [];
const folderConfiguration = await extractDepcruiseConfig(join(ROOT, '.dependency-cruiser.folders.mjs'));
const TOKEN = 'libs/internal-token/src';
const ITOK = 'libs/itok/src';

/** A file that imports another file of the workspace, or a package. */
interface Breach {
  readonly from: string;
  readonly imports: string;
  readonly dynamically?: boolean;
  readonly and?: Breach;
}

/** One violation for every rule. A rule without an entry here fails the suite. */
const BREACHES: Record<string, Breach[]> = {
  'no-circular': [
    {
      from: 'libs/ports/src/a.ts',
      imports: 'libs/ports/src/b.ts',
      and: { from: 'libs/ports/src/b.ts', imports: 'libs/ports/src/a.ts' },
    },
  ],
  'no-unresolvable': [{ from: 'libs/ports/src/a.ts', imports: 'package-that-nobody-wrote' }],
  'no-undeclared-package': [{ from: 'libs/ports/src/a.ts', imports: 'undeclared' }],
  'app-not-to-app': [{ from: 'apps/gateway/src/main.ts', imports: 'apps/orders/src/main.ts' }],
  'lib-not-to-app': [{ from: 'libs/ports/src/index.ts', imports: 'apps/orders/src/main.ts' }],
  'lib-through-index': [
    { from: 'apps/orders/src/main.ts', imports: 'libs/orders/src/orders.service.ts' },
    { from: 'libs/orders/src/orders.service.ts', imports: `${TOKEN}/nest/guard/internal-token.guard.ts` },
  ],
  'room-through-index': [{ from: `${TOKEN}/nest/a.ts`, imports: `${TOKEN}/core/token/verifier.ts` }],
  'product-by-its-exports': [
    { from: 'apps/orders/src/main.ts', imports: `${TOKEN}/core/index.ts` },
    { from: 'libs/orders/src/a.ts', imports: `${TOKEN}/nest/index.ts` },
  ],
  'service-own-domain': [{ from: 'apps/orders/src/main.ts', imports: 'libs/catalog/src/index.ts' }],
  'service-never-issues': [
    { from: 'apps/orders/src/main.ts', imports: `${TOKEN}/gateway/index.ts` },
    { from: 'apps/orders/src/main.ts', imports: `${TOKEN}/dev/index.ts`, dynamically: true },
  ],
  'dev-idp-alone': [{ from: 'libs/dev-idp/src/index.ts', imports: 'libs/contracts/src/index.ts' }],
  'dev-idp-only-dynamically': [{ from: 'apps/gateway/src/main.ts', imports: 'libs/dev-idp/src/index.ts' }],
  'domain-not-to-domain': [{ from: 'libs/orders/src/a.ts', imports: 'libs/inventory/src/index.ts' }],
  'domain-rooms': [
    { from: 'libs/orders/src/a.ts', imports: 'libs/ports/src/index.ts' },
    { from: 'libs/orders/src/a.ts', imports: `${TOKEN}/gateway/index.ts` },
    { from: 'libs/orders/src/a.ts', imports: `${TOKEN}/http/index.ts` },
    { from: 'libs/orders/src/a.ts', imports: `${TOKEN}/core/index.ts` },
    { from: 'libs/orders/src/a.ts', imports: 'libs/runtime/src/index.ts' },
  ],
  'domain-packages': [
    { from: 'libs/orders/src/a.ts', imports: 'jose' },
    { from: 'libs/orders/src/a.ts', imports: 'axios' },
    { from: 'libs/orders/src/a.ts', imports: '@nestjs/axios' },
    { from: 'libs/orders/src/a.ts', imports: 'pg' },
  ],
  'contracts-rooms': [{ from: 'libs/contracts/src/a.ts', imports: `${TOKEN}/nest/index.ts` }],
  'contracts-packages': [{ from: 'libs/contracts/src/a.ts', imports: '@nestjs/common' }],
  'ports-rooms': [
    { from: 'libs/ports/src/a.ts', imports: 'libs/orders/src/index.ts' },
    { from: 'libs/ports/src/a.ts', imports: 'libs/storage/src/index.ts' },
  ],
  'storage-rooms': [
    { from: 'libs/storage/src/a.ts', imports: 'libs/orders/src/index.ts' },
    { from: 'libs/storage/src/a.ts', imports: 'libs/ports/src/index.ts' },
  ],
  'runtime-rooms': [{ from: 'libs/runtime/src/a.ts', imports: 'libs/orders/src/index.ts' }],
  'core-rooms': [{ from: `${TOKEN}/core/a.ts`, imports: `${TOKEN}/nest/index.ts` }],
  'core-packages': [
    { from: `${TOKEN}/core/a.ts`, imports: '@nestjs/common' },
    { from: `${TOKEN}/core/a.ts`, imports: 'nestjs-cls' },
    { from: `${TOKEN}/core/a.ts`, imports: 'rxjs' },
  ],
  'product-rooms': [
    { from: `${TOKEN}/nest/a.ts`, imports: `${TOKEN}/gateway/index.ts` },
    { from: `${TOKEN}/nest/a.ts`, imports: 'libs/contracts/src/index.ts' },
  ],
  'http-rooms': [{ from: `${TOKEN}/http/a.ts`, imports: `${TOKEN}/gateway/index.ts` }],
  'caller-rooms': [
    { from: `${TOKEN}/caller/a.ts`, imports: `${TOKEN}/gateway/index.ts` },
    { from: `${TOKEN}/caller/a.ts`, imports: `${TOKEN}/http/index.ts` },
  ],
  'logging-rooms': [{ from: `${TOKEN}/logging/a.ts`, imports: `${TOKEN}/http/index.ts` }],
  'testing-rooms': [{ from: `${TOKEN}/testing/a.ts`, imports: `${TOKEN}/gateway/index.ts` }],
  'gateway-rooms': [
    { from: `${TOKEN}/gateway/a.ts`, imports: 'libs/orders/src/index.ts' },
    { from: `${TOKEN}/gateway/a.ts`, imports: 'libs/contracts/src/index.ts' },
  ],
  'opentelemetry-rooms': [
    { from: `${TOKEN}/opentelemetry/a.ts`, imports: `${TOKEN}/http/index.ts` },
    { from: `${TOKEN}/opentelemetry/a.ts`, imports: `${TOKEN}/logging/index.ts` },
  ],
  'opentelemetry-in-its-room': [
    { from: `${TOKEN}/nest/a.ts`, imports: '@opentelemetry/api' },
    { from: `${TOKEN}/http/a.ts`, imports: '@opentelemetry/api', dynamically: true },
    { from: 'apps/gateway/src/main.ts', imports: '@opentelemetry/sdk-trace' },
  ],
  'itok-alone': [
    { from: `${ITOK}/trace/a.ts`, imports: `${TOKEN}/index.ts` },
    { from: `${ITOK}/page/browser/a.ts`, imports: `${TOKEN}/core/index.ts` },
    { from: `${ITOK}/cli/a.ts`, imports: 'libs/runtime/src/index.ts' },
  ],
  'itok-packages': [
    { from: `${ITOK}/trace/a.ts`, imports: '@nestjs/common' },
    { from: `${ITOK}/cli/a.ts`, imports: 'nestjs-cls' },
    { from: `${ITOK}/trace/a.ts`, imports: 'axios' },
  ],
  'trace-rooms': [{ from: `${ITOK}/trace/a.ts`, imports: `${ITOK}/page/index.ts` }],
  'page-rooms': [{ from: `${ITOK}/page/a.ts`, imports: `${ITOK}/cli/index.ts` }],
  'itok-rooms-through-index': [{ from: `${ITOK}/cli/a.ts`, imports: `${ITOK}/trace/capture.ts` }],
  'page-packages-in-browser': [
    { from: `${ITOK}/page/page.ts`, imports: 'preact' },
    { from: `${ITOK}/trace/a.ts`, imports: '@dagrejs/dagre' },
    { from: `${ITOK}/cli/a.ts`, imports: 'uplot' },
    { from: `${TOKEN}/dev/a.ts`, imports: 'htm' },
  ],
  'itok-serves-nobody': [
    { from: `${ITOK}/trace/a.ts`, imports: 'node:http' },
    { from: `${ITOK}/page/a.ts`, imports: 'node:net' },
  ],
  'itok-in-dev': [
    { from: `${TOKEN}/cli/a.ts`, imports: `${ITOK}/index.ts` },
    { from: 'apps/gateway/src/main.ts', imports: `${ITOK}/index.ts` },
  ],
  'dev-rooms': [
    { from: `${TOKEN}/dev/a.ts`, imports: `${TOKEN}/http/index.ts` },
    { from: `${TOKEN}/dev/a.ts`, imports: 'libs/contracts/src/index.ts' },
  ],
  'dev-not-in-product': [
    { from: `${TOKEN}/gateway/a.ts`, imports: `${TOKEN}/dev/index.ts`, dynamically: true },
    { from: `${TOKEN}/cli/a.ts`, imports: `${TOKEN}/dev/index.ts` },
  ],
  'dev-only-dynamically': [{ from: 'apps/gateway/src/main.ts', imports: `${TOKEN}/dev/index.ts` }],
  'cli-rooms': [
    { from: `${TOKEN}/cli/a.ts`, imports: `${TOKEN}/gateway/index.ts` },
    { from: `${TOKEN}/cli/a.ts`, imports: `${TOKEN}/http/index.ts` },
    { from: `${TOKEN}/cli/a.ts`, imports: 'libs/runtime/src/index.ts' },
  ],
  'cli-is-an-entry': [
    { from: `${TOKEN}/gateway/a.ts`, imports: `${TOKEN}/cli/index.ts` },
    { from: 'apps/gateway/src/main.ts', imports: `${TOKEN}/cli/index.ts` },
  ],
  'commander-in-cli': [{ from: `${TOKEN}/gateway/a.ts`, imports: 'commander' }],
  'pkcs11-only-dynamically': [{ from: `${TOKEN}/gateway/a.ts`, imports: 'pkcs11js' }],
  'jose-in-core-and-gateway': [{ from: 'libs/ports/src/a.ts', imports: 'jose' }],
  'jwt-module-in-gateway': [
    { from: `${TOKEN}/nest/a.ts`, imports: '@nestjs/jwt' },
    { from: `${TOKEN}/core/a.ts`, imports: '@nestjs/jwt' },
  ],
};

const cruiseTree = async (
  folders: string[],
  baseDir: string,
  tsConfig?: object,
  { options, forbidden = [] } = configuration,
): Promise<ICruiseResult> => {
  const { output } = await cruise(
    folders,
    { ...options, baseDir, validate: true, ruleSet: { forbidden } },
    undefined,
    tsConfig ? { tsConfig } : undefined,
  );
  return output as ICruiseResult;
};

describe('import boundaries', () => {
  const folders: string[] = [];

  /** A workspace that holds only the violating files, with this workspace's packages. */
  const plant = (breach: Breach): string => {
    const folder = mkdtempSync(join(tmpdir(), 'breach-'));
    folders.push(folder);
    const write = (path: string, content: string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    };
    const files = breach.and ? [breach, breach.and] : [breach];
    for (const { imports } of files) if (/^(apps|libs)\//.test(imports)) write(imports, 'export const value = 1;\n');
    for (const { from, imports, dynamically } of files) {
      const path = relative(dirname(from), imports).replace(/\.ts$/, '.js');
      const target = /^(apps|libs)\//.test(imports) ? (path.startsWith('.') ? path : `./${path}`) : imports;
      write(
        from,
        dynamically
          ? `export const load = () => import('${target}');\n`
          : `import '${target}';\nexport const own = 1;\n`,
      );
    }
    const dependencies = Object.fromEntries(
      [
        'jose',
        'axios',
        '@nestjs/axios',
        '@nestjs/common',
        '@nestjs/jwt',
        'pg',
        'rxjs',
        'nestjs-cls',
        'commander',
        'pkcs11js',
        '@opentelemetry/api',
        '@opentelemetry/sdk-trace',
        'preact',
        'htm',
        'uplot',
        '@dagrejs/dagre',
      ].map((name) => [name, '*']),
    );
    write('package.json', JSON.stringify({ type: 'module', dependencies }));
    mkdirSync(join(folder, 'node_modules/undeclared'), { recursive: true });
    writeFileSync(join(folder, 'node_modules/undeclared/index.js'), '');
    writeFileSync(
      join(folder, 'node_modules/undeclared/package.json'),
      '{"name":"undeclared","version":"1.0.0","main":"index.js"}',
    );
    for (const name of Object.keys(dependencies)) {
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    return folder;
  };

  const violations = async (breach: Breach, config = configuration): Promise<string[]> => {
    const { summary } = await cruiseTree(['.'], plant(breach), undefined, config);
    return summary.violations.map((violation) => violation.rule.name);
  };

  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  it('every rule has a proof', () => {
    expect(new Set(Object.keys(BREACHES))).toEqual(new Set(rules.map(({ name }) => name)));
  });

  it.each(Object.entries(BREACHES).flatMap(([rule, breaches]) => breaches.map((breach) => [rule, breach] as const)))(
    '%s refuses %j',
    async (rule, breach) => {
      expect(await violations(breach)).toContain(rule);
    },
  );

  it.each<[string, Breach]>([
    ['domain-rooms', { from: 'libs/orders/src/a.ts', imports: `${TOKEN}/issuing/index.ts`, dynamically: true }],
    ['domain-rooms', { from: 'libs/catalog/src/a.ts', imports: `${TOKEN}/testing/index.ts` }],
    ['product-by-its-exports', { from: 'libs/inventory/src/a.ts', imports: `${TOKEN}/core/minter.ts` }],
    ['storage-rooms', { from: 'libs/storage/src/a.ts', imports: `${TOKEN}/issuing/index.ts` }],
    ['contracts-rooms', { from: 'libs/contracts/src/a.ts', imports: `${TOKEN}/issuing/index.ts` }],
    ['service-never-issues', { from: 'apps/orders/src/main.ts', imports: `${TOKEN}/testing/index.ts` }],
  ])('R49: %s keeps domains from importing the issuer: %j', async (rule, breach) => {
    expect(await violations(breach)).toContain(rule);
  });

  it.each<Breach>([
    { from: 'apps/gateway/src/main.ts', imports: 'libs/dev-idp/src/index.ts', dynamically: true },
    { from: 'apps/gateway/src/main.ts', imports: `${TOKEN}/dev/index.ts`, dynamically: true },
    { from: `${TOKEN}/opentelemetry/a.ts`, imports: '@opentelemetry/api' },
    { from: `${ITOK}/page/browser/a.ts`, imports: 'preact' },
    { from: `${ITOK}/page/a.ts`, imports: `${ITOK}/trace/index.ts` },
    { from: `${ITOK}/cli/a.ts`, imports: `${ITOK}/page/index.ts` },
    { from: `${TOKEN}/dev/a.ts`, imports: `${ITOK}/index.ts` },
    { from: `${ITOK}/trace/a.ts`, imports: 'node:zlib' },
  ])('allow %j', async (permitted) => {
    expect(await violations(permitted)).toEqual([]);
  });

  it('refuse two folders that import each other, even if no two files do', async () => {
    const breach: Breach = {
      from: `${TOKEN}/gateway/dispatch/a.ts`,
      imports: `${TOKEN}/gateway/normalize/b.ts`,
      and: { from: `${TOKEN}/gateway/normalize/c.ts`, imports: `${TOKEN}/gateway/dispatch/d.ts` },
    };
    expect(await violations(breach, folderConfiguration)).toContain('no-circular-folders');
  });

  it.each([
    ['files', configuration],
    ['folders', folderConfiguration],
  ])('hold between the %s of this workspace, and every file was checked', async (_name, config) => {
    const tsConfig = extractTSConfig(join(ROOT, 'tsconfig.json'));
    const { summary, modules } = await cruiseTree(['apps', 'libs'], ROOT, tsConfig, config);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    const examined = new Set(modules.map(({ source }) => /^(?:apps|libs)\/[^/]+/.exec(source)?.[0]));
    const workspace = ['apps', 'libs'].flatMap((top) => readdirSync(join(ROOT, top)).map((name) => `${top}/${name}`));
    expect(workspace.filter((folder) => !examined.has(folder))).toEqual([]);
  });
});
