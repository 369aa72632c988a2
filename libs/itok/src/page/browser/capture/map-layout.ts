import { Graph, layout } from '@dagrejs/dagre';
import type { EdgeStats } from '../../../trace/index.js';
import { milliseconds, percent, plural, rate } from '../base/format.js';

export interface MapNode {
  readonly name: string;
  readonly kind: 'client' | 'service' | 'database';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface MapEdge {
  readonly stats: EdgeStats;
  readonly id: string;
  readonly path: string;
  readonly label: { readonly x: number; readonly y: number; readonly width: number; readonly lines: readonly string[] };
}

export interface ServiceMapLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

const NODE_HEIGHT = 46;
const LETTER = 8;
const LABEL_LETTER = 6.6;
export const LABEL_LINE = 15;

export const edgeId = (from: string, to: string): string => JSON.stringify([from, to]);

/** Positions on the map: callers to the left of their callees. */
export function mapLayout(stats: readonly EdgeStats[]): ServiceMapLayout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 30, ranksep: 76, edgesep: 24, marginx: 16, marginy: 16 });
  const kinds = new Map<string, MapNode['kind']>();
  for (const { from, to, database } of stats) {
    if (!kinds.has(from)) kinds.set(from, from === 'client' ? 'client' : 'service');
    if (database === true) kinds.set(to, 'database');
    else if (!kinds.has(to)) kinds.set(to, 'service');
  }
  for (const name of kinds.keys())
    graph.setNode(name, { width: Math.max(96, name.length * LETTER + 44), height: NODE_HEIGHT });
  for (const edge of stats) {
    const lines = edgeLines(edge);
    const width = labelWidth(lines);
    graph.setEdge(
      edge.from,
      edge.to,
      { width, height: lines.length * LABEL_LINE, labelpos: 'c' },
      edgeId(edge.from, edge.to),
    );
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: [...kinds].map(([name, kind]) => {
      const { x = 0, y = 0, width: wide = 0, height: high = 0 } = graph.node(name);
      return { name, kind, x, y, width: wide, height: high };
    }),
    edges: stats.map((edge) => {
      const id = edgeId(edge.from, edge.to);
      const { points = [], x = 0, y = 0 } = graph.edge(edge.from, edge.to, id);
      return {
        stats: edge,
        id,
        path: curve(points),
        label: { x, y, width: labelWidth(edgeLines(edge)), lines: edgeLines(edge) },
      };
    }),
  };
}

function labelWidth(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => line.length)) * LABEL_LETTER + 10;
}

function edgeLines({ rate: perSecond, p99, errors, count }: EdgeStats): string[] {
  // A rate needs at least a second.
  const often = perSecond > 0 ? rate(perSecond) : plural(count, 'call');
  const lines = [often, `p99 ${milliseconds(p99)}`];
  return errors > 0 ? [...lines, `✕ ${percent(errors / count)}`] : lines;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A path through the midpoints between the points, rounded at each point. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const bends = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x} ${point.y} ${end.x} ${end.y}`;
  });
  return `M${first.x} ${first.y}${bends.length > 0 ? bends.join('') : `L${last.x} ${last.y}`}`;
}
