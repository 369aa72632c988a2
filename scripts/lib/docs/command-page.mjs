import { importSource } from '../typescript-imports.mjs';
import { code, table } from './markdown.mjs';

const itok = await importSource('libs/itok/src/cli/run-itok.ts');
const product = await importSource('libs/internal-token/src/cli/run-command.ts');
const { Paper } = await importSource('libs/itok/src/cli/terminal.ts');
const { Paper: ProductPaper } = await importSource('libs/internal-token/src/cli/terminal.ts');
const { mapCommand, topCommand } = await importSource('libs/itok/src/cli/capture-commands.ts');
const { traceCommand } = await importSource('libs/itok/src/cli/trace.command.ts');
const { keysCommand } = await importSource('libs/internal-token/src/cli/keys/keys.command.ts');

/** Asks only for the command's help; nothing runs. */
const SILENT = { out: () => {}, error: () => {}, colours: false };

export const itokPage = () =>
  commandPage({
    name: 'itok',
    run: itok.runItok,
    commands: [traceCommand, topCommand, mapCommand].map((make) => make(new Paper(SILENT))),
    usedIn:
      'find the slow hop](../guides/find-the-slow-hop.md), [send traces to a backend](../guides/send-traces-to-a-backend.md',
    packageName: 'itok',
  });

export const productCommandPage = () =>
  commandPage({
    name: 'nestjs-internal-token',
    run: product.runCommand,
    commands: [keysCommand(new ProductPaper(SILENT))],
    usedIn: 'rotate keys](../guides/rotate-keys.md',
    packageName: 'nestjs-internal-token',
  });

async function commandPage({ name, run, commands, usedIn, packageName }) {
  const sections = [];
  for (const command of commands) sections.push(await section(command, []));
  return `# ${name}

The output of \`${name} --help\` and \`${name} <command> --help\`. In this workspace run
\`npm run -s ${name} -- <command>\`; in an application that has the package \`${packageName}\` installed,
\`npx ${name} <command>\`. Guides: [${usedIn}).

${await more([])}

${sections.join('\n\n')}
`;

  async function section(command, parents) {
    const path = [...parents, command.name()];
    const help = command.createHelp();
    const names = [command.name(), ...command.aliases()].map((own) => code([name, ...parents, own].join(' ')));
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
      `\`\`\`text\n${[name, ...path, command.usage()].join(' ')}\n\`\`\``,
      rows.length > 0 ? table(['argument or option', 'meaning'], rows) : '',
      await more(path),
      ...children,
    ]
      .filter(Boolean)
      .join('\n\n');
  }

  /** The part of a command's help after the options. */
  async function more(path) {
    const said = [];
    await run([...path, '--help'], { ...SILENT, out: (text) => said.push(text) });
    const text = said.slice(1).join('').trim();
    return text === '' ? '' : `\`\`\`text\n${text}\n\`\`\``;
  }
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
