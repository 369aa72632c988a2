import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { CaptureReport, TraceReport } from '../../../trace/index.js';
import { period, plural } from '../base/format.js';
import type { ServiceColours } from '../base/services.js';
import { EdgeTable } from './edge-table.js';
import { edgeId, LABEL_LINE, type MapEdge, mapLayout, type MapNode } from './map-layout.js';

/** From this share of errors on, the line is drawn as failing; a lower share appears only in the label. */
const FAILING = 0.01;

interface ServiceMapProps {
  readonly capture: CaptureReport;
  /** The request whose calls are drawn stronger. */
  readonly trace?: TraceReport | undefined;
  readonly colours: ServiceColours;
}

/** Which service calls which: how often, how slowly, how many errors. The table below says the same in text. */
export function ServiceMap({ capture, trace, colours }: ServiceMapProps): VNode {
  const map = useMemo(() => mapLayout(capture.edges), [capture]);
  const walked = useMemo(() => callsOf(trace), [trace]);
  const [focused, setFocused] = useState<string>();
  const most = Math.max(1, ...capture.edges.map(({ count }) => count));
  const near = ({ stats }: MapEdge): boolean => focused === undefined || stats.from === focused || stats.to === focused;
  if (capture.edges.length === 0) return html`<p class="nothing">No calls between services in this capture.</p>`;
  return html`<div class="map-view">
    <p class="muted">
      ${plural(capture.requests, 'request')}, ${plural(capture.failed, 'failure')} in
      ${period(capture.to - capture.from)}.
      ${walked.size > 0 && capture.edges.some(({ from, to }) => !walked.has(edgeId(from, to))) && ' Solid lines: the way of this request; dashed: other calls.'}
    </p>
    <div class="map-scroll" tabindex="0" role="group" aria-label="Service map">
      <svg
        class="map"
        viewBox="0 0 ${map.width} ${map.height}"
        style=${{ '--w': `${map.width}px` }}
        role="img"
        aria-label="Services and their calls; the table below lists them"
      >
        <defs>
          ${['plain', 'failed'].map(
            (kind) =>
              html`<marker
                key=${kind}
                id="arrow-${kind}"
                class="arrow-${kind}"
                viewBox="0 0 8 8"
                refX="7"
                refY="4"
                markerWidth="8"
                markerHeight="8"
                markerUnits="userSpaceOnUse"
                orient="auto"
                ><path d="M0 0.5L8 4L0 7.5z"
              /></marker>`,
          )}
        </defs>
        ${map.edges.map((edge) => edgeShape(edge, { near: near(edge), walked: walked.has(edge.id), most }))}
        ${map.nodes.map((node) => html`<g key=${node.name} class="node node-${node.kind} ${colours.of(node.name)}" tabindex="0" role="img" aria-label="${node.name}, ${node.kind}" onMouseEnter=${() => setFocused(node.name)} onMouseLeave=${() => setFocused(undefined)} onFocus=${() => setFocused(node.name)} onBlur=${() => setFocused(undefined)}>${nodeShape(node)}</g>`)}
        ${map.edges.map((edge) => edgeLabel(edge, near(edge)))}
      </svg>
    </div>
    <${EdgeTable} edges=${capture.edges} colours=${colours} />
  </div>`;
}

/** The calls made by one request. */
function callsOf(trace: TraceReport | undefined): Set<string> {
  const calls = new Set<string>();
  if (trace === undefined) return calls;
  calls.add(edgeId('client', trace.service));
  const services = new Map(trace.spans.map(({ id, service }) => [id, service]));
  for (const { service, peer, parent } of trace.spans) {
    if (peer !== undefined) calls.add(edgeId(service, peer));
    const caller = parent === undefined ? undefined : services.get(parent);
    if (caller !== undefined && caller !== service) calls.add(edgeId(caller, service));
  }
  return calls;
}

function edgeShape(
  { id, path, stats }: MapEdge,
  { near, walked, most }: { near: boolean; walked: boolean; most: number },
): VNode {
  const failing = stats.errors / stats.count >= FAILING;
  const classes = ['edge', failing && 'edge-failed', walked && 'edge-walked', !near && 'edge-far']
    .filter(Boolean)
    .join(' ');
  return html`<path
    key=${id}
    class=${classes}
    d=${path}
    stroke-width=${1.2 + 2.4 * Math.sqrt(stats.count / most)}
    marker-end="url(#arrow-${failing ? 'failed' : 'plain'})"
  />`;
}

function edgeLabel({ id, label }: MapEdge, near: boolean): VNode {
  const height = label.lines.length * LABEL_LINE;
  const top = label.y - height / 2;
  return html`<g key=${id} class="edge-label ${near ? '' : 'edge-far'}">
    <rect x=${label.x - label.width / 2} y=${top - 1} width=${label.width} height=${height + 3} rx="4" />
    <text text-anchor="middle">
      ${label.lines.map(
        (line, index) =>
          html`<tspan x=${label.x} y=${top + (index + 0.8) * LABEL_LINE} class=${index === 2 ? 'label-errors' : ''}>
            ${line}
          </tspan>`,
      )}
    </text>
  </g>`;
}

function nodeShape({ name, kind, x, y, width, height }: MapNode): VNode {
  const [left, top] = [x - width / 2, y - height / 2];
  const text = html`<text x=${x} y=${kind === 'database' ? y + 8 : y + 4.5} text-anchor="middle">${name}</text>`;
  if (kind === 'client')
    return html`<rect x=${left} y=${top + 4} width=${width} height=${height - 8} rx=${(height - 8) / 2} />${text}`;
  if (kind === 'service') {
    return html`<rect x=${left} y=${top} width=${width} height=${height} rx="7" />
      <rect class="node-colour" x=${left} y=${top} width="6" height=${height} rx="3" />${text}`;
  }
  const [round, lid] = [width / 2, 7];
  return html`<path
      d="M${left} ${top + lid}a${round} ${lid} 0 0 1 ${width} 0v${height - 2 * lid}a${round} ${lid} 0 0 1 ${-width} 0z"
    />
    <path class="node-lid" d="M${left} ${top + lid}a${round} ${lid} 0 0 0 ${width} 0" />${text}`;
}
