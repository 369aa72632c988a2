export { runItok } from './run-itok.js';
export { processTerminal } from './process-terminal.js';
export type { Terminal } from './terminal.js';
