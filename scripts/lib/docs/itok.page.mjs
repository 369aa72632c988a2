import { importSource } from '../typescript-imports.mjs';
import { code, table } from './markdown.mjs';

const { runItok } = await importSource('libs/internal-token/src/cli/itok.command.ts');
const { Paper } = await importSource('libs/internal-token/src/cli/terminal.ts');
const { mapCommand, topCommand } = await importSource('libs/internal-token/src/cli/trace/capture.commands.ts');
const { traceCommand } = await importSource('libs/internal-token/src/cli/trace/trace.command.ts');
const { keysCommand } = await importSource('libs/internal-token/src/cli/keys/keys.command.ts');

/** Runs no command; only prints its help. */
const PAPER = new Paper({ out: () => {}, error: () => {}, colours: false });

export async function itokPage() {
  const sections = [];
  for (const make of [traceCommand, topCommand, mapCommand, keysCommand]) sections.push(await section(make(PAPER), []));
  return `# itok

The output of \`itok --help\` and \`itok <command> --help\`. In this workspace run \`npm run -s itok -- <command>\`; where
the package is installed, \`npx itok <command>\`. Guides: [find the slow hop](../guides/find-the-slow-hop.md),
[send traces to a backend](../guides/send-traces-to-a-backend.md), [rotate keys](../guides/rotate-keys.md).

${await more([])}

${sections.join('\n\n')}
`;
}

async function section(command, parents) {
  const path = [...parents, command.name()];
  const help = command.createHelp();
  const names = [command.name(), ...command.aliases()].map((name) => code(['itok', ...parents, name].join(' ')));
  const rows = [
    ...help.visibleArguments(command).map((argument) => [code(argument.name()), help.argumentDescription(argument)]),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((option) => [code(option.flags), help.optionDescription(option)]),
  ];
  const children = [];
  for (const child of command.commands) children.push(await section(child, path));
  return [
    `${'#'.repeat(path.length + 1)} ${names.join(', ')}`,
    sentence(help.commandDescription(command)),
    `\`\`\`text\n${['itok', ...path, command.usage()].join(' ')}\n\`\`\``,
    rows.length > 0 ? table(['argument or option', 'meaning'], rows) : '',
    await more(path),
    ...children,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** The text of a command's help after the options. */
async function more(path) {
  const said = [];
  await runItok([...path, '--help'], { out: (text) => said.push(text), error: () => {}, colours: false });
  const text = said.slice(1).join('').trim();
  return text === '' ? '' : `\`\`\`text\n${text}\n\`\`\``;
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
