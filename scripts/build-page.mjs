// Builds the script and the style of the trace pages as the module page-bundle.ts. It contains third-party code, so it
// is built at `npm ci` and with the package, and never committed. The build is deterministic.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const PAGE = 'libs/itok/src/page';
const OUT = at(`${PAGE}/page-bundle.ts`);
/** The packages in the script, each with its licence file. */
const PACKAGES = ['preact', 'htm', 'uplot', '@dagrejs/dagre', '@dagrejs/graphlib'];
/** The browsers that support `light-dark()` and custom properties in SVG. */
const TARGET = ['es2022', 'chrome123', 'firefox121', 'safari17.5'];

function notice() {
  const terms = PACKAGES.map((name) => {
    const { version } = JSON.parse(readFileSync(at(`node_modules/${name}/package.json`), 'utf8'));
    return `${name} ${version}\n\n${readFileSync(at(`node_modules/${name}/LICENSE`), 'utf8').trim()}`;
  });
  const text = ['This script contains:', ...terms].join(`\n\n${'-'.repeat(40)}\n\n`);
  return `/*!\n${text.replaceAll('*/', '* /')}\n*/`;
}

async function bundle(entry, options = {}) {
  const { outputFiles, metafile } = await build({
    entryPoints: [at(`${PAGE}/browser/${entry}`)],
    absWorkingDir: at('.'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: TARGET,
    charset: 'utf8',
    // The notice above contains every package's licence.
    legalComments: 'none',
    write: false,
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  return { text: outputFiles[0].text.trim(), inputs: Object.keys(metafile.inputs) };
}

const [script, style] = await Promise.all([bundle('main.ts', { footer: { js: notice() } }), bundle('style/page.css')]);

const packages = [...script.inputs, ...style.inputs].flatMap((path) =>
  [...path.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)].map(([, name]) => name),
);
const unnamed = [...new Set(packages)].filter((name) => !PACKAGES.includes(name));
if (unnamed.length > 0) throw new Error(`Add the licences of new packages in the script: ${unnamed.join(', ')}`);
for (const [name, { text }] of Object.entries({ script, style })) {
  if (new RegExp(`</${name}|<!--`, 'i').test(text)) throw new Error(`The ${name} would end its element.`);
}

const text = `// Made by scripts/build-page.mjs.
/** The program of the pages, with the licences of its packages. */
export const script: string = ${JSON.stringify(script.text)};
export const style: string = ${JSON.stringify(style.text)};
`;
// Leave an unchanged file untouched, so that watchers do not wake up.
if (!existsSync(OUT) || readFileSync(OUT, 'utf8') !== text) writeFileSync(OUT, text);
const kB = ({ text: of }) => `${Math.round(Buffer.byteLength(of) / 1000)} kB`;
console.log(`${PAGE}/page-bundle.ts: script ${kB(script)}, style ${kB(style)}`);
