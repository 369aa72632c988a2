import { failedOrder } from '../../../../test/support/trace/failed-order.js';
import { placedOrder } from '../../../../test/support/trace/placed-order.js';
import type { PageReport } from '../trace/index.js';
import { livePage, livePagePolicy, reportPage } from './page.js';
import { script, style } from './page-bundle.js';

const HOSTILE = [
  '</script><script>alert(1)</script>',
  '<!--<script>',
  '-->',
  '\u2028\u2029',
  '"><img src=x onerror=alert(1)>',
  "'; alert(1); '",
];

/** The content of the page's data element. */
const dataOf = (html: string): string =>
  /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)?.[1] ?? '';

function withText(text: string): PageReport {
  const report = placedOrder();
  const [root, ...spans] = report.trace.spans;
  if (root === undefined) throw new Error('no spans');
  const note = { offset: 1, level: text, msg: text, service: text, context: text };
  const hostile = { ...root, op: text, err: { type: text, message: text, stack: text }, notes: [note] };
  return { ...report, trace: { ...report.trace, op: text, verdict: text, spans: [hostile, ...spans] } };
}

describe('the page of a request', () => {
  it('holds the report unchanged', () => {
    const report = failedOrder();
    expect(JSON.parse(dataOf(reportPage(report)))).toEqual(JSON.parse(JSON.stringify(report)));
  });

  it.each(HOSTILE)('keeps %j inside its data', (text) => {
    const html = reportPage(withText(text));
    expect(dataOf(html)).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(dataOf(html))).toMatchObject({ trace: { op: text } });
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(/<title>(.*)<\/title>/s.exec(html)?.[1]).not.toMatch(/[<>"]/);
  });

  it('allows its own script and style by their hashes, and no address', () => {
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(reportPage(placedOrder()))?.[1] ?? '';
    expect(policy).toContain('default-src &#39;none&#39;');
    expect(policy).toMatch(/script-src &#39;sha256-[\w+/=]{44}&#39;;/);
    expect(policy).toMatch(/style-src &#39;sha256-[\w+/=]{44}&#39;;/);
    expect(policy).not.toMatch(/unsafe|http|\*|connect-src/);
  });

  it('refers to no other file', () => {
    const html = reportPage(placedOrder()).replace(script, '').replace(style, '');
    expect(html.match(/\b(?:src|href)="[^"]*"/g)).toEqual(['href="data:,"']);
    expect(style).not.toMatch(/@import|url\((?!#)/);
  });
});

describe('the live page', () => {
  it('puts the nonce only on its script and its style, as its policy requires', () => {
    const html = livePage({ nonce: 'bm9uY2U' });
    expect(html.match(/nonce="bm9uY2U"/g)).toHaveLength(2);
    expect(livePagePolicy({ nonce: 'bm9uY2U' })).toContain("script-src 'nonce-bm9uY2U'");
    expect(livePagePolicy({ nonce: 'bm9uY2U' })).not.toMatch(/unsafe|http|\*/);
    expect(JSON.parse(dataOf(html))).toEqual({ live: true });
  });
});

describe('the script', () => {
  it('includes the licence of every bundled package', () => {
    for (const name of ['preact', 'htm', 'uplot', '@dagrejs/dagre', '@dagrejs/graphlib']) {
      expect(script).toMatch(new RegExp(`^${name} \\d+\\.`, 'm'));
    }
    expect(script).toContain('Apache License');
    expect(script.match(/Permission is hereby granted/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it('cannot end the element that contains it', () => {
    expect(script).not.toMatch(/<\/script|<!--/i);
    expect(style).not.toMatch(/<\/style|<!--/i);
  });
});
