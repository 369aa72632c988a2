import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RequestSummary } from '../../../trace/index.js';
import { AppShell } from '../base/app-shell.js';
import { LIVE_HELP, TRACE_HELP } from '../base/help.js';
import { useKeys } from '../base/keyboard.js';
import { ServiceColours } from '../base/services.js';
import { Tabs } from '../base/tabs.js';
import { LatencyView } from '../capture/latency-view.js';
import { ServiceMap } from '../capture/service-map.js';
import { TraceHeader } from '../trace/trace-header.js';
import { TraceView } from '../trace/trace-view.js';
import { KeyList } from './key-list.js';
import * as client from './live-client.js';
import { isProbe } from './is-probe.js';
import { RequestList } from './request-list.js';
import { TokenInspector } from './token-inspector.js';
import { useLoaded, useThrottled } from './use-loaded.js';
import { useRequests } from './use-requests.js';

const TABS = [
  { id: 'waterfall', name: 'Waterfall' },
  { id: 'map', name: 'Map' },
  { id: 'latency', name: 'Latency' },
  { id: 'token', name: 'Token' },
  { id: 'keys', name: 'Keys' },
];

/** The capture grows with every request, but a display needs no more than one change per second. */
const CAPTURE_EVERY_MS = 1000;

/** The live page in development: requests as they come, and everything about the selected one. */
export function LiveView(): VNode {
  const live = useRequests();
  const [tab, setTab] = useState('waterfall');
  const [filter, setFilter] = useState('');
  const [chosen, choose] = useState<string | undefined>(() => location.hash.slice(1) || undefined);
  const filterInput = useRef<HTMLInputElement>(null);
  const [withProbes, showProbes] = useState(false);
  const known = useMemo(
    () => (withProbes ? live.requests : live.requests.filter((request) => !isProbe(request))),
    [live.requests, withProbes],
  );
  const shown = useMemo(() => known.filter((request) => matches(request, filter)), [known, filter]);
  // Until the reader selects one, the newest.
  const selected = chosen ?? shown[0]?.txn;
  const version = live.requests.find(({ txn }) => txn === selected);
  const capturing = tab === 'map' || tab === 'latency';
  const trace = useLoaded(selected === undefined ? undefined : () => client.trace(selected), [selected, version]);
  const lately = useThrottled(live.requests, CAPTURE_EVERY_MS);
  const capture = useLoaded(capturing ? client.capture : undefined, [capturing, lately]);
  const keys = useLoaded(tab === 'keys' ? client.keys : undefined, [tab, live.connected]);
  // Services are only added, so that none changes its colour.
  const colours = useMemo(() => new ServiceColours(), []);
  colours.add([...live.requests.map(({ service }) => service), ...(trace.value?.services ?? [])], capture.value?.edges);
  // Data of the previous request must not pass for one that could not be loaded.
  const report = trace.error !== undefined && trace.value?.txn !== selected ? undefined : trace.value;

  const select = (txn: string): void => {
    choose(txn);
    history.replaceState(null, '', `#${txn}`);
  };
  const follow = (): void => {
    choose(undefined);
    history.replaceState(null, '', location.pathname + location.search);
  };
  /** The request being read is not replaced when the next one comes. */
  const stay = (): void => {
    if (chosen === undefined && report !== undefined) select(report.txn);
  };
  const step = (by: number): void => {
    const index = shown.findIndex(({ txn }) => txn === selected);
    const next = shown[index + by];
    if (next !== undefined) select(next.txn);
  };
  useEffect(() => {
    const changed = (): void => choose(location.hash.slice(1) || undefined);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useKeys({
    ...Object.fromEntries(TABS.map(({ id }, index) => [String(index + 1), () => setTab(id)])),
    j: () => step(1),
    k: () => step(-1),
    f: follow,
    p: () => live.pause(!live.paused),
    h: () => showProbes((before) => !before),
  });
  const state = live.connected ? 'live' : live.loaded ? 'not connected, trying again' : 'connecting';
  return html`<${AppShell}
    title="live"
    help=${[...LIVE_HELP, ...TRACE_HELP]}
    status=${html`<span class="connection ${live.connected ? 'connected' : ''}" role="status">${state}</span>`}
  >
    <div class="live">
      <${RequestList}
        live=${live}
        shown=${shown}
        none=${known.length === 0}
        hiddenProbes=${live.requests.length - known.length}
        withProbes=${withProbes}
        onProbes=${showProbes}
        filter=${filter}
        onFilter=${setFilter}
        filterInput=${filterInput}
        selected=${selected}
        onSelect=${select}
        onFollow=${chosen === undefined ? undefined : follow}
        colours=${colours}
      />
      <div class="live-main">
        <${Tabs} tabs=${TABS} current=${tab} onChange=${setTab} label="Views">
          ${
            tab === 'waterfall' &&
            (report === undefined
              ? html`<p class="nothing">
                  ${trace.error ?? absence({ loading: selected !== undefined || !live.loaded, none: known.length === 0 })}
                </p>`
              : html`<div class="reading" onFocusIn=${stay}>
                  <${TraceHeader} report=${report} colours=${colours} />
                  <${TraceView} report=${report} colours=${colours} />
                </div>`)
          }
          ${capturing && capture.value === undefined && html`<p class="nothing">${capture.error ?? 'Loading.'}</p>`}
          ${tab === 'map' && capture.value && html`<${ServiceMap} capture=${capture.value} trace=${report} colours=${colours} />`}
          ${tab === 'latency' && capture.value && html`<${LatencyView} capture=${capture.value} trace=${report} colours=${colours} />`}
          ${tab === 'token' && html`<${TokenInspector} />`} ${tab === 'keys' && html`<${KeyList} keys=${keys} />`}
        <//>
      </div>
    </div>
  <//>`;
}

function absence({ loading, none }: { loading: boolean; none: boolean }): string {
  if (loading) return 'Loading.';
  return none ? 'Send a request through this gateway: its waterfall appears here.' : 'No request matches.';
}

function matches({ txn, op, service, tenant, status, failed, unfinished }: RequestSummary, filter: string): boolean {
  const words = [txn, op, service, tenant, status, failed ? 'error' : '', unfinished ? 'open' : ''];
  const text = words.join(' ').toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
