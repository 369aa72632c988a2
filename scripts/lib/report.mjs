import { colours as pc } from './colours.mjs';

/** The output of the demo. */
export function heading(text) {
  console.log(`\n${pc.bold(text)}`);
}

export function done(text, detail = '') {
  console.log(`  ${pc.green('✓')} ${text}${detail && pc.dim(`  ${detail}`)}`);
}

export function call({ who, method, path, status, note }) {
  const colour = status < 400 ? pc.green : pc.yellow;
  console.log(
    `  ${pc.cyan(who.padEnd(9))} ${pc.bold(method.padEnd(4))} ${path.padEnd(15)} ${colour(String(status))}  ${pc.dim(note)}`,
  );
}

export function claims(object) {
  const width = Math.max(...Object.keys(object).map(({ length }) => length));
  for (const [name, value] of Object.entries(object)) {
    console.log(`    ${pc.cyan(name.padEnd(width))}  ${JSON.stringify(value)}`);
  }
}

/** Characters per line, without the margin. */
export const width = () => (process.stdout.columns ?? 130) - 2;

export function lines(texts) {
  for (const text of texts) console.log(`  ${text}`);
}

export function failure(text) {
  console.error(`\n${pc.red('✗')} ${text}`);
}
