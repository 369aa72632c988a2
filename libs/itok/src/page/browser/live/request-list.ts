import { html } from 'htm/preact';
import type { RefObject, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { RequestSummary } from '../../../trace/index.js';
import { clock, milliseconds, plural } from '../base/format.js';
import { icon } from '../base/icon.js';
import { press } from '../base/keyboard.js';
import { ServiceName, type ServiceColours } from '../base/services.js';
import { Status } from '../base/status.js';
import type { LiveRequests } from './use-requests.js';

interface RequestListProps {
  readonly live: LiveRequests;
  /** The requests that pass the filter. */
  readonly shown: readonly RequestSummary[];
  /** There is nothing to filter. */
  readonly none: boolean;
  readonly hiddenProbes: number;
  readonly withProbes: boolean;
  readonly onProbes: (shown: boolean) => void;
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
  readonly filterInput: RefObject<HTMLInputElement | null>;
  readonly selected: string | undefined;
  readonly onSelect: (txn: string) => void;
  /** Returns to the newest request; absent while that is shown. */
  readonly onFollow?: (() => void) | undefined;
  readonly colours: ServiceColours;
}

/** The received requests, newest on top. */
export function RequestList({
  live,
  shown,
  none,
  hiddenProbes,
  withProbes,
  onProbes,
  filter,
  onFilter,
  filterInput,
  selected,
  onSelect,
  onFollow,
  colours,
}: RequestListProps): VNode {
  const list = useRef<HTMLDivElement>(null);
  const index = shown.findIndex(({ txn }) => txn === selected);
  const longest = Math.max(1, ...shown.slice(0, 100).map(({ duration }) => duration));
  const go = (to: number): void => {
    const next = shown[Math.max(0, Math.min(shown.length - 1, to))];
    if (next !== undefined) onSelect(next.txn);
  };
  const keys = {
    ArrowDown: () => go(index + 1),
    ArrowUp: () => go(index - 1),
    Home: () => go(0),
    End: () => go(shown.length - 1),
  };
  useEffect(
    () => list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }),
    [selected],
  );
  return html`<section class="request-list" aria-label="Requests">
    <div class="toolbar">
      <label class="filter"
        ><span class="visually-hidden">Filter requests</span>
        <input
          type="search"
          ref=${filterInput}
          value=${filter}
          placeholder="Filter: op, status"
          autocomplete="off"
          spellcheck="false"
          onInput=${(event: Event) => onFilter((event.target as HTMLInputElement).value)}
        />
      </label>
      ${onFollow && html`<button type="button" title="Show the newest request, and each new one" aria-keyshortcuts="f" onClick=${onFollow}>Follow</button>`}
      <button
        type="button"
        aria-pressed=${String(live.paused)}
        aria-keyshortcuts="p"
        onClick=${() => live.pause(!live.paused)}
      >
        ${icon(live.paused ? 'play' : 'pause')} ${live.paused ? `Resume (${live.waiting})` : 'Pause'}
      </button>
    </div>
    <div
      class="requests"
      ref=${list}
      role="listbox"
      tabindex="0"
      aria-label="Requests, newest first"
      aria-activedescendant=${index < 0 ? undefined : `request-${selected}`}
      onKeyDown=${(event: KeyboardEvent) => press(keys, event)}
    >
      ${shown.map((request) => item(request, { selected: request.txn === selected, longest, onSelect, colours }))}
      ${shown.length === 0 && html`<p class="nothing">${emptiness(live.loaded, none)}</p>`}
    </div>
    ${
      (withProbes || hiddenProbes > 0) &&
      html`<button
        type="button"
        class="probes"
        aria-pressed=${String(withProbes)}
        aria-keyshortcuts="h"
        onClick=${() => onProbes(!withProbes)}
      >
        ${withProbes ? 'Hide health probes' : `${plural(hiddenProbes, 'health probe')} hidden`}
      </button>`
    }
  </section>`;
}

function emptiness(loaded: boolean, none: boolean): string {
  if (!loaded) return 'Loading.';
  return none ? 'No request yet. Send one: it appears here.' : 'No request matches.';
}

interface ItemContext {
  readonly selected: boolean;
  readonly longest: number;
  readonly onSelect: (txn: string) => void;
  readonly colours: ServiceColours;
}

function item(request: RequestSummary, { selected, longest, onSelect, colours }: ItemContext): VNode {
  const { txn, op, service, duration, status, failed, unfinished, startedAt, tenant } = request;
  return html`<div
    key=${txn}
    id="request-${txn}"
    class="request ${colours.of(service)} ${failed ? 'failed' : ''}"
    role="option"
    aria-selected=${String(selected)}
    onClick=${() => onSelect(txn)}
  >
    <${Status} status=${status} failed=${failed} open=${unfinished} />
    <b class="request-op">${op}</b>
    <span class="request-duration">${milliseconds(duration)}</span>
    <span class="request-line muted"
      ><${ServiceName} name=${service} colours=${colours} />${tenant !== undefined && html` <span>${tenant}</span>`}
      <time>${clock(startedAt)}</time></span
    >
    <i class="request-bar" aria-hidden="true" style=${{ '--share': String(Math.min(1, duration / longest)) }}></i>
  </div>`;
}
