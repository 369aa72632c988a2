export { runItok } from './itok.command.js';
export { processTerminal } from './process.terminal.js';
export type { Terminal } from './terminal.js';
