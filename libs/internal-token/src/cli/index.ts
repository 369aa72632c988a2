export { runItok } from './itok.command.js';
export type { Terminal } from './terminal.js';
