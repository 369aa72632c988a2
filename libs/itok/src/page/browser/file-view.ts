import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { PageReport, ReadingReport } from '../../trace/index.js';
import { AppShell } from './base/app-shell.js';
import { count, plural } from './base/format.js';
import { TRACE_HELP } from './base/help.js';
import { useKeys } from './base/keyboard.js';
import { ServiceColours } from './base/services.js';
import { Tabs } from './base/tabs.js';
import { LatencyView } from './capture/latency-view.js';
import { ServiceMap } from './capture/service-map.js';
import { TraceHeader } from './trace/trace-header.js';
import { TraceView } from './trace/trace-view.js';

const TABS = [
  { id: 'waterfall', name: 'Waterfall' },
  { id: 'map', name: 'Map' },
  { id: 'latency', name: 'Latency' },
];

/** The page in a file: one request, among those captured with it. */
export function FileView({ trace, capture, reading }: PageReport): VNode {
  const [tab, setTab] = useState('waterfall');
  const colours = useMemo(() => new ServiceColours(trace.services, capture.edges), [trace, capture]);
  useKeys(Object.fromEntries(TABS.map(({ id }, index) => [String(index + 1), () => setTab(id)])));
  return html`<${AppShell} title="trace" help=${TRACE_HELP} status=${readingLine(reading)}>
    <${TraceHeader} report=${trace} colours=${colours} />
    <${Tabs} tabs=${TABS} current=${tab} onChange=${setTab} label="Views">
      ${tab === 'waterfall' && html`<${TraceView} report=${trace} colours=${colours} focused />`}
      ${tab === 'map' && html`<${ServiceMap} capture=${capture} trace=${trace} colours=${colours} />`}
      ${tab === 'latency' && html`<${LatencyView} capture=${capture} trace=${trace} colours=${colours} />`}
    <//>
  <//>`;
}

function readingLine({ lines, files, broken }: ReadingReport): string {
  const read = `${plural(lines, 'line')} of ${plural(files, 'file')}`;
  return broken > 0 ? `${read}, ${count(broken)} unreadable` : read;
}
