import { Command, CommanderError } from 'commander';
import { PostError, TraceInputError } from '../trace/index.js';
import { ExitCode } from './exit-code.js';
import { Paper, type Terminal } from './terminal.js';
import { mapCommand, topCommand } from './capture-commands.js';
import { traceCommand } from './trace.command.js';

const HELP = `
Exit codes
  0  done
  1  it broke: a file system, a bug
  2  a wrong question: an unknown option, no such request
  130  stopped by Ctrl-C before it was done

Begin with: itok trace last`;

/** Runs one command and prints its result. @returns the exit code */
export async function runItok(args: readonly string[], terminal: Terminal): Promise<number> {
  const paper = new Paper(terminal);
  const program = new Command('itok')
    .description('Follows requests by the ids of their internal tokens.')
    .addHelpText('after', HELP)
    .addCommand(traceCommand(paper))
    .addCommand(topCommand(paper))
    .addCommand(mapCommand(paper));
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
  // Commander has written its message; help is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  if (terminal.signal?.aborted && !isStoppedPost(error)) return ExitCode.stopped;
  const code = exitCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) terminal.error(`${JSON.stringify({ error: message, exitCode: code })}\n`);
  else terminal.error(`${paper.pen.red('✗')} ${message}\n`);
  return code;
}

function exitCodeOf(error: unknown): number {
  if (isStoppedPost(error)) return ExitCode.stopped;
  const asked = error instanceof TraceInputError || (error instanceof PostError && error.failure === 'invalid');
  return asked ? ExitCode.usage : ExitCode.failed;
}

/** What was sent cannot be taken back, so the message says how much that was. */
function isStoppedPost(error: unknown): error is PostError {
  return error instanceof PostError && error.failure === 'stopped';
}
