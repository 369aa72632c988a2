import { importSource } from '../typescript-imports.mjs';
import { code, table } from './markdown.mjs';

const { ConfigurationError, serviceSettings } = await importSource('libs/runtime/src/index.ts');
const { gatewaySettings, loadGatewayConfig } = await importSource('apps/gateway/src/gateway-config.ts');
const { loadCatalogConfig } = await importSource('apps/catalog/src/catalog-config.ts');
const { loadInventoryConfig } = await importSource('apps/inventory/src/inventory-config.ts');
const { loadOrdersConfig } = await importSource('apps/orders/src/orders-config.ts');

const SERVICES = { catalog: loadCatalogConfig, inventory: loadInventoryConfig, orders: loadOrdersConfig };
const SERVICE_SETTINGS = serviceSettings(0);

export function configurationPage() {
  const settings = { ...SERVICE_SETTINGS, ...gatewaySettings };
  const gateway = requiredOutsideDevelopment(loadGatewayConfig, gatewaySettings);
  const services = Object.entries(SERVICES).map(([name, load]) => [
    name,
    requiredOutsideDevelopment(load, SERVICE_SETTINGS),
  ]);
  const rows = Object.entries(settings).map(([name, { fallback, description }]) => [
    code(name),
    name in gatewaySettings ? (gateway.has(name) ? '**required**' : 'yes') : '',
    name in SERVICE_SETTINGS ? useByServices(name, services) : '',
    shown(fallback),
    developmentDefault(name),
    description,
  ]);
  return `# Configuration

Each application reads its settings once, at the start, from the environment. \`CONFIG_FILE\` names a JSON file with the
same names, for settings absent from the environment. An empty variable counts as absent. If settings are missing or
wrong, the application does not start and names all of them; the message never repeats a value.

**Development defaults** apply only while \`NODE_ENV\` is not \`production\` and \`HOST\` and \`INTERNAL_HOST\` are loopback
addresses ([why](../adr/0011-development-needs-loopback.md)). Elsewhere every setting marked **required** must be given.

${table(['name', 'gateway', 'services', 'default', 'in development', 'meaning'], rows)}
`;
}

/** The settings a start in production asks for, found by starting: each name it complains about gets its example. */
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
        if (required.has(name)) throw error;
        required.add(name);
        environment[name] = settings[name].example ?? settings[name].development;
      }
    }
  }
}

function useByServices(name, services) {
  const asking = services.filter(([, required]) => required.has(name)).map(([service]) => service);
  if (asking.length === 0) return 'yes';
  return asking.length === services.length ? '**required**' : `**required** by ${asking.join(', ')}`;
}

function developmentDefault(name) {
  const atGateway = gatewaySettings[name]?.development;
  const inServices = new Set(
    SERVICE_SETTINGS[name]?.development === undefined
      ? []
      : Object.values(SERVICES).map((load) => load({}).values[name]),
  );
  if (atGateway !== undefined) inServices.delete(atGateway);
  if (inServices.size === 0) return shown(atGateway);
  const services = `${[...inServices].map(shown).join(', ')} (services)`;
  return atGateway === undefined ? services : `${shown(atGateway)} (gateway), ${services}`;
}

function shown(value) {
  if (value === undefined) return '';
  return Array.isArray(value) ? value.map(code).join(', ') || 'none' : code(value);
}
