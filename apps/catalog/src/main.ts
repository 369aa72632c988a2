// Nothing is imported before this check: an older Node fails while it links, with words that help nobody.
if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `Node ${process.versions.node} is too old. Start through npm (npm start, npx nest start): npm ci brought a newer one.\n`,
  );
  process.exit(1);
}
await import('./start.js');

export {};
