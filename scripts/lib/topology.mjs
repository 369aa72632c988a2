/** The domains of the shop; each can run in its own process. */
export const DOMAINS = ['catalog', 'inventory', 'orders'];

/** The domains that each domain's code calls. */
const CALLED = { catalog: [], inventory: [], orders: ['catalog', 'inventory'] };

const urlSetting = (domain) => `${domain.toUpperCase()}_URL`;
const portOf = (url) => new URL(url).port;

/**
 * The settings of a split: where each process listens, and where it calls others.
 *
 * @param extracted the domains with their own processes; the others run in the gateway's
 * @param addresses the URL of each process by its name, and those of the gateway's `internal` listener and `issuer`
 * @param route the URL by which one process reaches another, if something stands between them
 * @returns the environment variables of each process by its name
 */
export async function splitSettings(extracted, addresses, route = (_from, _to, url) => url) {
  const settings = {
    gateway: {
      PORT: portOf(addresses.gateway),
      INTERNAL_PORT: portOf(addresses.internal),
      DEV_IDP_PORT: portOf(addresses.issuer),
    },
  };
  for (const domain of extracted) settings[domain] = { PORT: portOf(addresses[domain]) };
  for (const [name, own] of Object.entries(settings)) {
    for (const called of name === 'gateway' ? extracted : CALLED[name]) {
      const home = extracted.includes(called) ? called : 'internal';
      own[urlSetting(called)] = await route(name, home, addresses[home]);
    }
  }
  return settings;
}

/** The URLs that must answer 200 before a process can serve. */
export function readinessUrl(name, addresses) {
  return `${name === 'gateway' ? addresses.internal : addresses[name]}/health/ready`;
}
