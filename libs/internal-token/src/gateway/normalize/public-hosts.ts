const ENTRY = /^(?:(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const DEFAULT_PORT = /:(?:80|443)$/;

/**
 * The authorities under which the gateway is published: `shop.example`, `shop.example:8443`, `*.shop.example`, where
 * `*` stands for exactly one label. Without a port, the default ports 80 and 443 are meant.
 */
export class PublicHosts {
  readonly #hosts: ReadonlySet<string>;

  /** @throws TypeError naming the entry that is not a host */
  constructor(entries: readonly string[]) {
    const wrong = entries.find((entry) => !isPublicHost(entry));
    if (wrong !== undefined) throw new TypeError(`"${wrong}" is no host`);
    this.#hosts = new Set(entries.map((entry) => withoutDefaultPort(entry.toLowerCase())));
  }

  has(authority: string): boolean {
    const host = withoutDefaultPort(authority.toLowerCase());
    if (this.#hosts.has(host)) return !host.startsWith('*');
    const dot = host.indexOf('.');
    return dot > 0 && ENTRY.test(host) && this.#hosts.has(`*${host.slice(dot)}`);
  }
}

/** True for what {@link PublicHosts} takes. */
export function isPublicHost(entry: unknown): boolean {
  return typeof entry === 'string' && ENTRY.test(entry.toLowerCase());
}

function withoutDefaultPort(authority: string): string {
  return authority.replace(DEFAULT_PORT, '');
}
