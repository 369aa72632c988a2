// Import nothing before this check: an older Node would fail while linking, with an unhelpful message.
if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `Node ${process.versions.node} is too old. Start through npm (npm start, npx nest start): npm ci brought a newer one.\n`,
  );
  process.exit(1);
}
await import('./start.js');

export {};
