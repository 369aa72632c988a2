import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { EdgeStats } from '../../../trace/index.js';
import { count, milliseconds, percent, rate } from '../base/format.js';
import { ServiceName, type ServiceColours } from '../base/services.js';
import { type Column, SortableTable } from './sortable-table.js';

/** The edges of the map, as numbers. */
export function EdgeTable({
  edges,
  colours,
}: {
  readonly edges: readonly EdgeStats[];
  readonly colours: ServiceColours;
}): VNode {
  const columns: Column<EdgeStats>[] = [
    {
      name: 'From',
      value: ({ from }) => from,
      show: ({ from }) => html`<${ServiceName} name=${from} colours=${colours} />`,
    },
    { name: 'To', value: ({ to }) => to, show: ({ to }) => html`<${ServiceName} name=${to} colours=${colours} />` },
    { name: 'Calls', value: (edge) => edge.count, show: (edge) => count(edge.count) },
    { name: 'Rate', value: (edge) => edge.rate, show: (edge) => (edge.rate > 0 ? rate(edge.rate) : '–') },
    errorColumn(),
    ...latencyColumns<EdgeStats>(),
  ];
  return html`<${SortableTable} caption="Calls between services" columns=${columns} rows=${edges} sortedBy="Calls" />`;
}

export function errorColumn<T extends { readonly errors: number; readonly count: number }>(): Column<T> {
  return {
    name: 'Errors',
    value: ({ errors, count: all }) => errors / all,
    show: ({ errors, count: all }) =>
      errors === 0 ? '–' : html`<span class="error-word">✕ ${percent(errors / all)}</span>`,
  };
}

export function latencyColumns<
  T extends { readonly p50: number; readonly p90: number; readonly p99: number },
>(): Column<T>[] {
  return (['p50', 'p90', 'p99'] as const).map((name) => ({
    name,
    value: (row) => row[name],
    show: (row) => milliseconds(row[name]),
  }));
}
