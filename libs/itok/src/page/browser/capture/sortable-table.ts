import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

export interface Column<T> {
  readonly name: string;
  readonly value: (row: T) => number | string;
  readonly show: (row: T) => VNode | string;
}

interface SortableTableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  /** The initial sort column; numbers are sorted largest first. */
  readonly sortedBy: string;
  readonly rowClass?: (row: T) => string;
}

/** A table that is sorted by clicking its headings. */
export function SortableTable<T>({ caption, columns, rows, sortedBy, rowClass }: SortableTableProps<T>): VNode {
  const [by, setBy] = useState({ name: sortedBy, reverse: false });
  const column = columns.find(({ name }) => name === by.name);
  const isNumber = (each: Column<T>): boolean => rows[0] !== undefined && typeof each.value(rows[0]) === 'number';
  const sorted = rows.toSorted((a, b) =>
    column === undefined ? 0 : compare(column.value(a), column.value(b)) * (by.reverse ? -1 : 1),
  );
  const direction = (each: Column<T>): string | undefined =>
    each.name === by.name ? (isNumber(each) === by.reverse ? 'ascending' : 'descending') : undefined;
  return html`<div class="table-scroll">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(
            (each) =>
              html`<th
                key=${each.name}
                scope="col"
                class=${isNumber(each) ? 'number' : ''}
                aria-sort=${direction(each)}
              >
                <button
                  type="button"
                  onClick=${() => setBy({ name: each.name, reverse: each.name === by.name && !by.reverse })}
                >
                  ${each.name}
                </button>
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${sorted.map(
          (row) =>
            html`<tr class=${rowClass?.(row) ?? ''}>
              ${columns.map((each) => html`<td class=${isNumber(each) ? 'number' : ''}>${each.show(row)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? b - a : String(a).localeCompare(String(b));
}
