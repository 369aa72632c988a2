import { importSource } from '../typescript-imports.mjs';
import { code, table } from './markdown.mjs';

const { ConfigurationError, serviceSettings } = await importSource('libs/runtime/src/index.ts');
const { gatewaySettings, loadGatewayConfig } = await importSource('apps/gateway/src/gateway.config.ts');
const { loadCatalogConfig } = await importSource('apps/catalog/src/catalog.config.ts');
const { loadInventoryConfig } = await importSource('apps/inventory/src/inventory.config.ts');
const { loadOrdersConfig } = await importSource('apps/orders/src/orders.config.ts');

const SERVICES = { catalog: loadCatalogConfig, inventory: loadInventoryConfig, orders: loadOrdersConfig };

export function configurationPage() {
  const ports = Object.values(SERVICES).map((load) => load({}).values.PORT);
  const perService = serviceSettings(ports[0]);
  const settings = { ...perService, ...gatewaySettings };
  const required = {
    gateway: requiredOutsideDevelopment(loadGatewayConfig, gatewaySettings),
    services: requiredOutsideDevelopment(SERVICES.catalog, perService),
  };
  const rows = Object.entries(settings).map(([name, setting]) => [
    code(name),
    use(name, gatewaySettings, required.gateway),
    use(name, perService, required.services),
    shown(setting.fallback),
    name === 'PORT'
      ? `${shown(setting.development)}; services ${ports.map(shown).join(', ')}`
      : shown(setting.development),
    setting.description,
  ]);
  return `# Configuration

Each application reads its settings once, at the start, from the environment; \`CONFIG_FILE\` names a JSON file with the
same names for what the environment leaves open. An empty variable counts as absent. A start with something missing or
wrong stops and names all of it; a value is never repeated in the message.

**Development defaults** apply only while \`NODE_ENV\` is not \`production\` and \`HOST\` and \`INTERNAL_HOST\` are loopback
addresses ([why](../adr/0011-development-needs-loopback.md)). Elsewhere every setting marked **required** must be given.

${table(['name', 'gateway', 'services', 'default', 'in development', 'meaning'], rows)}

A domain's URL says that it runs in another process. Nothing forwards requests there in this version, so a gateway that
is given one does not start.
`;
}

/** What a start in production asks for, found by starting: each name it complains about gets its example. */
function requiredOutsideDevelopment(load, settings) {
  const environment = { NODE_ENV: 'production', INTERNAL_ALLOW_PLAINTEXT: 'mesh' };
  const required = new Set();
  for (;;) {
    try {
      load(environment);
      return required;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      for (const { name } of error.problems) {
        const { example } = settings[name];
        if (required.has(name) || example === undefined) throw error;
        required.add(name);
        environment[name] = example;
      }
    }
  }
}

function use(name, settings, required) {
  if (!(name in settings)) return '';
  return required.has(name) ? '**required**' : 'yes';
}

function shown(value) {
  if (value === undefined) return '';
  return Array.isArray(value) ? value.map(code).join(', ') || 'none' : code(value);
}
