import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { EdgeStats } from '../../../trace/index.js';

const HUES = 8;
/** The callers of the gateway are not a service. */
const OUTSIDE = 'client';

/** A service keeps its colour in every view: by its position in the list, or by its name if it is not in the list. */
export class ServiceColours {
  readonly #places = new Map<string, number>();

  constructor(services: readonly string[] = [], edges: readonly EdgeStats[] = []) {
    this.add(services, edges);
  }

  /** A service keeps the position it has. */
  add(services: readonly string[], edges: readonly EdgeStats[] = []): void {
    for (const service of [...services, ...edges.flatMap(({ from, to }) => [from, to])]) {
      if (service !== OUTSIDE && !this.#places.has(service)) this.#places.set(service, this.#places.size);
    }
  }

  /** The class that sets `--c`. */
  of(service: string): string {
    if (service === OUTSIDE) return 's-outside';
    const place = this.#places.get(service) ?? hash(service);
    return `s${place % HUES}`;
  }
}

function hash(text: string): number {
  let value = 7;
  for (const letter of text) value = (value * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return value;
}

export function ServiceName({ name, colours }: { readonly name: string; readonly colours: ServiceColours }): VNode {
  return html`<span class="service ${colours.of(name)}"><i class="dot" aria-hidden="true"></i>${name}</span>`;
}
