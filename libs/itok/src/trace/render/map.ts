import { count, latency, percent, rate } from '../format.js';
import type { CaptureReport, EdgeStats } from '../report.js';
import { fit, widthOf } from './columns.js';
import { NARROW, serviceColours, type Style } from './pen.js';

/** Longer names are cut. */
const MAX_NAME = 40;

/** The service map as a list from the client inwards: who calls whom, how often, how slowly, how many errors. */
export function renderMap({ edges }: CaptureReport, { pen, width }: Style): string[] {
  const order = inwards(edges);
  const colourOf = serviceColours(
    order.filter((name) => name !== 'client'),
    pen,
  );
  const widest = (names: readonly string[]): number => Math.min(MAX_NAME, Math.max(...names.map(widthOf), 4));
  const left = widest(edges.map(({ from }) => from));
  const right = widest(edges.map(nameOf));
  return order.flatMap((from) => {
    const own = edges.filter((edge) => edge.from === from);
    return own.map((edge, index) => {
      const arrow = own.length === 1 ? '───▶' : index === 0 ? '─┬─▶' : index === own.length - 1 ? ' └─▶' : ' ├─▶';
      const name = index === 0 ? colourOf(from)(fit(from, left)) : ' '.repeat(left);
      const failed = edge.errors > 0 ? pen.red(`  ${percent(edge.errors / edge.count)} failed`) : '';
      const facts = [
        `${count(edge.count)} ×`.padStart(9),
        ...(width < NARROW ? [] : [rate(edge.rate).padStart(8), `p50 ${latency(edge.p50)}`.padEnd(13)]),
        `p99 ${latency(edge.p99)}`,
      ];
      return `${name} ${arrow} ${colourOf(edge.to)(fit(nameOf(edge), right))}  ${facts.join('  ')}${failed}`;
    });
  });
}

/** For GitHub, GitLab and other Mermaid renderers. */
export function renderMapMermaid({ edges }: CaptureReport): string {
  const ids = identifiers(edges);
  const nodes = [...ids].map(([key, id]) => {
    const label = `"${mermaidText(labelOf(key))}"`;
    return `  ${id}${isDatabase(key) ? `[(${label})]` : key === 'client' ? `([${label}])` : `[${label}]`}`;
  });
  const arrows = edges.map((edge) => {
    const text = mermaidText(factsOf(edge));
    return `  ${ids.get(edge.from)} -->|"${text}"| ${ids.get(keyOf(edge))}`;
  });
  const failing = edges.flatMap(({ errors }, index) => (errors > 0 ? [`  linkStyle ${index} stroke:#c0392b`] : []));
  return ['flowchart LR', ...nodes, ...arrows, ...failing, ''].join('\n');
}

/** For Graphviz: `itok map --dot | dot -Tsvg > map.svg` */
export function renderMapDot({ edges }: CaptureReport): string {
  const ids = identifiers(edges);
  const nodes = [...ids].map(([key, id]) => {
    const shape = isDatabase(key) ? 'cylinder' : key === 'client' ? 'oval' : 'box';
    return `  ${id} [label=${dotText(labelOf(key))}, shape=${shape}];`;
  });
  const arrows = edges.map((edge) => {
    const failing = edge.errors > 0 ? ', color="#c0392b"' : '';
    return `  ${ids.get(edge.from)} -> ${ids.get(keyOf(edge))} [label=${dotText(factsOf(edge))}${failing}];`;
  });
  return ['digraph services {', '  rankdir=LR;', ...nodes, ...arrows, '}', ''].join('\n');
}

function factsOf({ count: calls, rate: perSecond, p99, errors }: EdgeStats): string {
  const failed = errors > 0 ? `, ${percent(errors / calls)} failed` : '';
  const often = perSecond > 0 ? rate(perSecond) : `${count(calls)} ×`;
  return `${often}, p99 ${latency(p99)}${failed}`;
}

const DATABASE = '\0database of ';

/** Each service has a database of its own, even under the same name. */
function keyOf({ from, to, database }: EdgeStats): string {
  return database ? `${to}${DATABASE}${from}` : to;
}

const isDatabase = (key: string): boolean => key.includes(DATABASE);
const labelOf = (key: string): string => key.replace(DATABASE, ' of ');
const nameOf = (edge: EdgeStats): string => labelOf(keyOf(edge));

/** Names come from logs: the picture's own syntax holds only ids generated here. */
function identifiers(edges: readonly EdgeStats[]): Map<string, string> {
  const keys = new Set(edges.flatMap((edge) => [edge.from, keyOf(edge)]));
  return new Map([...keys].map((key, index) => [key, `n${index}`]));
}

function mermaidText(text: string): string {
  // Braces too: `%%{…}%%` is a directive anywhere.
  return text.replace(/[^\p{L}\p{N} .,:/_%()*-]/gu, (character) => `#${character.codePointAt(0)};`);
}

function dotText(text: string): string {
  return JSON.stringify(text);
}

/** Callers in the order in which a request reaches them. */
function inwards(edges: readonly EdgeStats[]): string[] {
  const order = new Set<string>(['client']);
  for (const from of order) {
    for (const edge of edges) if (edge.from === from && !edge.database) order.add(edge.to);
  }
  for (const { from } of edges) order.add(from);
  return [...order];
}
