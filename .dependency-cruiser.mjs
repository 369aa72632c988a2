// Who may import whom (docs/architecture.md). test/architecture proves every rule with a fixture that breaks it.

const DOMAIN = '(catalog|inventory|orders)';
const PRODUCT = 'libs/internal-token/src';
const ITOK = 'libs/itok/src';
/** The key ring has its own index, for the command and the live page. */
const KEY_RING = `^${PRODUCT}/gateway/key-ring/index\\.ts$`;
/** What `nestjs-internal-token` itself exports. */
const ENTRY = `^${PRODUCT}/index\\.ts$`;
const room = (...names) => `^${PRODUCT}/(${names.join('|')})/`;
/** A room of itok. */
const part = (...names) => `^${ITOK}/(${names.join('|')})/`;
const lib = (...names) => `^libs/(${names.join('|')})/`;
const npm = (...names) => `node_modules/(${names.join('|')})(/|$)`;
const OURS = '^(apps|libs)/';

/** A rule over production code; specs may import anything. */
const rule = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { ...from, pathNot: [...(from.pathNot ?? []), '\\.spec\\.ts$'] },
  to,
});

/** Of our own code, these rooms may import only the listed ones. */
const only = (name, comment, from, ...allowed) =>
  rule(name, comment, { path: from }, { path: OURS, pathNot: [from, ...allowed] });

export default {
  forbidden: [
    rule('no-circular', 'A cycle crashes ESM with decorator metadata.', {}, { circular: true }),
    rule('no-unresolvable', 'Every import leads somewhere.', {}, { couldNotResolve: true }),
    rule(
      'no-undeclared-package',
      'A package is used only where package.json declares it.',
      {},
      {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
      },
    ),

    rule(
      'app-not-to-app',
      'Applications are composed of libraries, never of each other.',
      { path: '^apps/([^/]+)/' },
      {
        path: '^apps/([^/]+)/',
        pathNot: '^apps/$1/',
      },
    ),
    rule('lib-not-to-app', 'A library knows no application.', { path: '^libs/' }, { path: '^apps/' }),
    rule(
      'lib-through-index',
      'A library is used through its index.',
      { path: '^(apps|libs)/([^/]+)/' },
      {
        path: '^libs/([^/]+)/src/',
        pathNot: ['^$1/$2/', '^libs/[^/]+/src/index\\.ts$', `^${PRODUCT}/[^/]+/index\\.ts$`],
      },
    ),
    rule(
      'room-through-index',
      'A room of the product is used through its index.',
      { path: `^${PRODUCT}/([^/]+)/` },
      {
        path: `^${PRODUCT}/([^/]+)/`,
        pathNot: [`^${PRODUCT}/$1/`, `^${PRODUCT}/[^/]+/index\\.ts$`, KEY_RING],
      },
    ),

    rule(
      'product-by-its-exports',
      'The core and the nest room are used by the product alone; others import what it exports.',
      { path: OURS, pathNot: [lib('internal-token')] },
      { path: room('core', 'nest') },
    ),
    rule(
      'service-own-domain',
      'A service contains its own domain only.',
      { path: `^apps/${DOMAIN}/` },
      {
        path: lib('catalog', 'inventory', 'orders'),
        pathNot: '^libs/$1/',
      },
    ),
    rule(
      'service-never-issues',
      'A service has no private key and no edge.',
      { path: `^apps/${DOMAIN}/` },
      {
        path: [room('gateway', 'testing', 'dev'), lib('dev-idp')],
      },
    ),

    rule(
      'dev-idp-alone',
      'The development identity provider imports nothing of ours.',
      { path: lib('dev-idp') },
      {
        path: OURS,
        pathNot: lib('dev-idp'),
      },
    ),
    rule(
      'dev-idp-only-dynamically',
      'It must not load in production.',
      { pathNot: [lib('dev-idp')] },
      {
        path: lib('dev-idp'),
        dynamic: false,
      },
    ),

    rule(
      'domain-not-to-domain',
      'Domains meet at ports.',
      { path: `^libs/${DOMAIN}/` },
      {
        path: lib('catalog', 'inventory', 'orders'),
        pathNot: '^libs/$1/',
      },
    ),
    only(
      'domain-rooms',
      'A domain knows contracts, storage and the verified claims; not where its neighbours run.',
      lib('catalog', 'inventory', 'orders'),
      lib('catalog', 'inventory', 'orders', 'contracts', 'storage'),
      ENTRY,
      room('logging'),
    ),
    rule(
      'domain-packages',
      'A domain makes no network calls and handles no token.',
      { path: `^libs/${DOMAIN}/` },
      {
        path: npm(
          'axios',
          '@nestjs/axios',
          'undici',
          'jose',
          'jsonwebtoken',
          '@nestjs/jwt',
          'pg',
          '@electric-sql/pglite',
        ),
      },
    ),

    only('contracts-rooms', 'A contract is schemas and nothing else.', lib('contracts')),
    rule(
      'contracts-packages',
      'A contract is schemas and nothing else.',
      { path: lib('contracts') },
      {
        path: 'node_modules/',
        pathNot: npm('zod'),
      },
    ),
    only('ports-rooms', 'Ports bind contracts, knowing no domain.', lib('ports'), lib('contracts'), `^${PRODUCT}/`),
    only('storage-rooms', 'Storage learns the tenant from the context.', lib('storage'), ENTRY),
    only('runtime-rooms', 'How a process starts, knowing no domain.', lib('runtime'), `^${PRODUCT}/`, lib('storage')),

    only('core-rooms', 'The core stands alone.', room('core')),
    rule(
      'core-packages',
      'The core runs without Nest.',
      { path: room('core') },
      {
        path: npm('@nestjs', 'rxjs', 'nestjs-cls', 'fastify', 'express'),
      },
    ),
    only('product-rooms', 'Rooms build on core and nest.', room('nest'), room('core')),
    only('http-rooms', 'Rooms build on core and nest.', room('http'), room('core', 'nest')),
    only('caller-rooms', 'Rooms build on core and nest.', room('caller'), room('core', 'nest')),
    only('logging-rooms', 'Rooms build on core and nest.', room('logging'), room('core', 'nest')),
    only('testing-rooms', 'Rooms build on core and nest.', room('testing'), room('core', 'nest')),
    only(
      'gateway-rooms',
      'The gateway knows routes, not domains.',
      room('gateway'),
      room('core', 'nest', 'http', 'logging'),
    ),
    only('opentelemetry-rooms', 'Rooms build on core and nest.', room('opentelemetry'), room('core', 'nest')),
    rule(
      'opentelemetry-in-its-room',
      'Only importing this room brings in OpenTelemetry.',
      { path: OURS, pathNot: [room('opentelemetry')] },
      {
        path: npm('@opentelemetry'),
      },
    ),
    only('itok-alone', 'Code that reads lines imports nothing of the programs that write them.', lib('itok')),
    rule(
      'itok-packages',
      'itok runs without Nest and opens no server.',
      { path: lib('itok'), pathNot: [part('page/browser')] },
      {
        path: 'node_modules/',
        pathNot: npm('commander', 'picocolors', 'get-east-asian-width'),
      },
    ),
    only('trace-rooms', 'The analysis knows neither page nor terminal.', part('trace')),
    only('page-rooms', 'The page shows what the trace room finds.', part('page'), part('trace')),
    rule(
      'itok-rooms-through-index',
      'A room of itok is used through its index.',
      { path: `^${ITOK}/([^/]+)/` },
      {
        path: `^${ITOK}/([^/]+)/`,
        pathNot: [`^${ITOK}/$1/`, `^${ITOK}/[^/]+/index\\.ts$`],
      },
    ),
    rule(
      'page-packages-in-browser',
      'Code that draws the page runs in a browser only.',
      { path: OURS, pathNot: [part('page/browser')] },
      {
        path: npm('preact', 'htm', 'uplot', '@dagrejs/dagre'),
      },
    ),
    rule(
      'itok-serves-nobody',
      'itok runs in a terminal and in a browser, and opens no server.',
      { path: lib('itok') },
      {
        path: '^(node:)?(http|https|http2|net|tls|dgram|cluster)$',
        dependencyTypesNot: ['type-only', 'type-import'],
      },
    ),
    rule(
      'itok-in-dev',
      "Only the product's development server uses itok; a production process never loads it.",
      { path: OURS, pathNot: [lib('itok'), room('dev')] },
      {
        path: lib('itok'),
      },
    ),
    only(
      'dev-rooms',
      "The development server shows its own application's requests and keys.",
      room('dev'),
      room('core', 'nest'),
      KEY_RING,
      `^${ITOK}/index\\.ts$`,
    ),
    rule(
      'dev-not-in-product',
      'No other room imports it.',
      { path: lib('internal-token'), pathNot: [room('dev')] },
      {
        path: room('dev'),
      },
    ),
    rule(
      'dev-only-dynamically',
      'It must not load in production.',
      { pathNot: [room('dev')] },
      {
        path: room('dev'),
        dynamic: false,
        dependencyTypesNot: ['type-only', 'type-import'],
      },
    ),
    only('cli-rooms', 'The command manages keys.', room('cli'), room('core'), KEY_RING),
    rule(
      'cli-is-an-entry',
      'A command is run, not imported.',
      { pathNot: [room('cli')] },
      {
        path: room('cli'),
      },
    ),
    rule(
      'commander-in-cli',
      'Arguments are parsed in the cli rooms.',
      { path: OURS, pathNot: [room('cli'), part('cli')] },
      {
        path: npm('commander'),
      },
    ),
    rule(
      'pkcs11-only-dynamically',
      'The PKCS#11 module loads only where an HSM is configured.',
      { path: OURS },
      {
        path: npm('pkcs11js'),
        dynamic: false,
        dependencyTypesNot: ['type-only', 'type-import'],
      },
    ),
    rule(
      'jose-in-core-and-gateway',
      'Only core and gateway handle keys.',
      { path: OURS, pathNot: [room('core', 'gateway', 'testing'), lib('dev-idp')] },
      {
        path: npm('jose'),
      },
    ),
    rule(
      'jwt-module-in-gateway',
      "@nestjs/jwt only supplies a team's keys; it never verifies.",
      { path: OURS, pathNot: [room('gateway')] },
      {
        path: npm('@nestjs/jwt', 'jsonwebtoken'),
      },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  },
};
