import { Command, CommanderError } from 'commander';
import { InternalTokenError } from '../core/index.js';
import type { UnsafeKeyChange } from '../gateway/key-ring/index.js';
import { ExitCode } from './exit-code.js';
import { keysCommand } from './keys/keys.command.js';
import { Paper, type Terminal } from './terminal.js';

const HELP = `
Exit codes
  0  done
  1  something failed: the file system, or a bug
  2  the command is wrong: an unknown option, an unsafe parameter, no such key
  3  not safe now; the message says when it will be

Start with: nestjs-internal-token keys --help`;

/** Runs one command line of `nestjs-internal-token` and writes its output. @returns the exit code */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const paper = new Paper(terminal);
  const program = new Command('nestjs-internal-token')
    .description('Manages the keys that sign internal tokens.')
    .addHelpText('after', HELP)
    .addCommand(keysCommand(paper));
  forEachCommand(program, (command) =>
    command
      .exitOverride()
      .showSuggestionAfterError()
      .helpCommand(false)
      .configureHelp({ styleTitle: paper.pen.bold, sortOptions: false })
      .configureOutput({
        writeOut: (text) => terminal.out(text),
        writeErr: (text) => terminal.error(text),
        getOutHasColors: () => terminal.colours,
        getErrHasColors: () => terminal.colours,
        outputError: (text, write) => write(paper.pen.red(text)),
      }),
  );
  try {
    await program.parseAsync(args, { from: 'user' });
    return ExitCode.done;
  } catch (error) {
    return explain(error, paper, terminal, args.includes('--json'));
  }
}

function forEachCommand(command: Command, visit: (command: Command) => unknown): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

function explain(error: unknown, paper: Paper, terminal: Terminal, json: boolean): number {
  // Commander has already written its message; help is not an error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  const { code, lines, notBefore } = describe(error, paper);
  if (json) {
    const when = notBefore !== undefined && { notBefore: new Date(notBefore) };
    terminal.error(`${JSON.stringify({ error: lines.join(' '), exitCode: code, ...when })}\n`);
  } else terminal.error(`${paper.pen.red('✗')} ${lines.join('\n  ')}\n`);
  return code;
}

function describe(error: unknown, paper: Paper): { code: number; lines: string[]; notBefore?: number } {
  if (isUnsafeKeyChange(error)) {
    const { finding, consequence, notBefore } = error;
    const when = notBefore === undefined ? [] : [`Not before ${paper.moment(notBefore)}.`];
    return {
      code: ExitCode.notYet,
      lines: [`Refused: ${finding}.`, ...when, `--force does it now: ${consequence}.`],
      ...(notBefore !== undefined && { notBefore }),
    };
  }
  if (error instanceof InternalTokenError) return { code: ExitCode.usage, lines: [error.detail] };
  return { code: ExitCode.failed, lines: [error instanceof Error ? error.message : String(error)] };
}

function isUnsafeKeyChange(error: unknown): error is UnsafeKeyChange {
  return error instanceof Error && 'finding' in error && 'consequence' in error;
}
