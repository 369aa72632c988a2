import { readFileSync } from 'node:fs';
import { testsByRule } from './rule-tests.mjs';
import { table } from './markdown.mjs';

const RULES = new URL('../../../docs/conformance.rules.json', import.meta.url);
const SOURCES = { S: 'standard', R: 'recommended', D: 'ours' };

export function conformancePage() {
  const { areas } = JSON.parse(readFileSync(RULES, 'utf8'));
  const proofs = testsByRule();
  const rules = areas.flatMap((area) => area.rules);
  const unknown = [...proofs.keys()].filter((id) => !rules.some((rule) => rule.id === id));
  if (unknown.length > 0)
    throw new Error(`Tests name rules that are missing in docs/conformance.rules.json: ${unknown.join(', ')}`);
  if (proofs.size === 0) throw new Error('No test names a rule: the scan looks in the wrong place.');

  const proven = rules.filter(({ id, later }) => !later && proofs.has(id));
  const open = rules.filter(({ later }) => later);
  return `# Conformance

What the system promises: one testable sentence per rule, with the tests that name the rule in their title. *standard*:
a MUST of
[draft-ietf-oauth-transaction-tokens-11](https://datatracker.ietf.org/doc/draft-ietf-oauth-transaction-tokens/) or of an
RFC it builds on; *recommended*: a SHOULD; *ours*: this project's own rule where they are silent. The sentences are in
[conformance.rules.json](conformance.rules.json).

Of ${rules.length} rules **${proven.length} are proven** by a test; ${open.length} are about features that are **not built yet**${unproven(rules, proofs)}.

${areas.map((area) => areaSection(area, proofs)).join('\n\n')}
`;
}

function unproven(rules, proofs) {
  const count = rules.filter(({ id, later, otherwise }) => !later && !otherwise && !proofs.has(id)).length;
  return count === 0 ? '' : `; ${count} have no test that names them`;
}

function areaSection({ title, rules }, proofs) {
  const rows = rules.map((rule) => [rule.id, SOURCES[rule.tag], rule.says, proof(rule, proofs)]);
  return `## ${title}\n\n${table(['rule', 'kind', 'what holds', 'proven by'], rows)}`;
}

function proof({ id, later, otherwise }, proofs) {
  const tests = [...(proofs.get(id) ?? [])]
    .sort((a, b) => a.localeCompare(b))
    .map(link)
    .join(' · ');
  if (later) return tests ? `not yet: ${later}. So far: ${tests}` : `not yet: ${later}`;
  return [tests, otherwise].filter(Boolean).join(' · ') || 'no test names it';
}

const link = (path) => `[${path.replace(/^.*\//, '').replace(/\.spec\.ts$/, '')}](../${path})`;
