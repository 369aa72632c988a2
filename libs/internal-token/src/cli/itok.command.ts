import { Command, CommanderError } from 'commander';
import { InternalTokenError } from '../core/index.js';
import type { UnsafeKeyChange } from '../issuing/index.js';
import { PostError, TraceInputError } from '../trace/index.js';
import { EXIT } from './exit-code.js';
import { KEYS, KEYS_DESCRIPTION } from './keys/keys.name.js';
import { Paper, type Terminal } from './terminal.js';
import { mapCommand, topCommand } from './trace/capture.commands.js';
import { traceCommand } from './trace/trace.command.js';

const HELP = `
Exit codes
  0  done
  1  it failed: a file system error, a bug
  2  wrong usage: an unknown option, an unsafe parameter, no such key, no such request
  3  not safe yet; the message says from when on it is
  130  stopped by Ctrl-C before it was done

Start with: itok trace last, or itok keys --help`;

/** Runs one command and prints its result. @returns the exit code */
export async function runItok(args: readonly string[], terminal: Terminal): Promise<number> {
  const paper = new Paper(terminal);
  const program = new Command('itok')
    .description('Follows requests by the ids of their internal tokens, and manages the keys that sign them.')
    .addHelpText('after', HELP)
    .addCommand(traceCommand(paper))
    .addCommand(topCommand(paper))
    .addCommand(mapCommand(paper))
    .addCommand(await keysCommand(args, paper));
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
    return EXIT.done;
  } catch (error) {
    return explain(error, paper, terminal, args.includes('--json'));
  }
}

/** Loads Nest, which commands that follow requests do not need. */
async function keysCommand([name]: readonly string[], paper: Paper): Promise<Command> {
  if (name !== KEYS) return new Command(KEYS).description(KEYS_DESCRIPTION);
  return (await import('./keys/keys.command.js')).keysCommand(paper);
}

function forEachCommand(command: Command, visit: (command: Command) => unknown): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

function explain(error: unknown, paper: Paper, terminal: Terminal, json: boolean): number {
  // Commander has already printed its message; a request for help is not an error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (terminal.signal?.aborted && !isStoppedPost(error)) return EXIT.stopped;
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
      code: EXIT.notYet,
      lines: [`Refused: ${finding}.`, ...when, `--force does it now: ${consequence}.`],
      ...(notBefore !== undefined && { notBefore }),
    };
  }
  if (isStoppedPost(error)) return { code: EXIT.stopped, lines: [error.message] };
  if (error instanceof TraceInputError || (error instanceof PostError && error.failure === 'invalid')) {
    return { code: EXIT.usage, lines: [error.message] };
  }
  if (error instanceof InternalTokenError) return { code: EXIT.usage, lines: [error.detail] };
  return { code: EXIT.failed, lines: [error instanceof Error ? error.message : String(error)] };
}

/** A stop while posting is reported: spans already sent cannot be taken back. */
function isStoppedPost(error: unknown): error is PostError {
  return error instanceof PostError && error.failure === 'stopped';
}

function isUnsafeKeyChange(error: unknown): error is UnsafeKeyChange {
  return error instanceof Error && 'finding' in error && 'consequence' in error;
}
